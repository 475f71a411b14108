// What is too large for one object of Kubernetes, in parts.

/**
 * What one object shall hold at most, in bytes as the API has it: a client-side apply writes it a second time into an annotation,
 * and takes 256 KiB with all that is beside it.
 */
export const roomOfObject = 200_000;

/** In order, in as few parts as fit into an object each; what is larger than that is a part by itself. */
export const inParts = <T>(all: readonly T[], sizeOf: (item: T) => number): T[][] => {
  const parts: T[][] = [[]];
  let size = 0;
  for (const item of all) {
    const more = sizeOf(item);
    if (size > 0 && size + more > roomOfObject) {
      parts.push([]);
      size = 0;
    }
    parts.at(-1)?.push(item);
    size += more;
  }
  return parts;
};

/** Files by name, in as few parts as fit into a ConfigMap each. */
export const filesInParts = (files: Readonly<Record<string, string>>): Record<string, string>[] =>
  inParts(Object.entries(files), ([, text]) => Buffer.byteLength(JSON.stringify(text))).map((part) => Object.fromEntries(part));
