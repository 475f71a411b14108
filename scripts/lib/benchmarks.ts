// Pages such as docs/benchmarks.md, of which commands write their own sections.

const sections = (page: string): string[] => page.split(/^(?=## )/m);
const headingOf = (section: string): string => section.split('\n')[0] as string;

/** The page with a section in place of the one with the same heading, or at its end. */
export const withSection = (page: string, section: string): string => {
  const parts = sections(page).map((part) => part.trimEnd());
  const at = parts.findIndex((part) => headingOf(part) === headingOf(section));
  parts.splice(at < 0 ? parts.length : at, at < 0 ? 0 : 1, section.trimEnd());
  return `${parts.join('\n\n')}\n`;
};

/** The section of a page with a heading, such as `## Fuzzing`; undefined when there is none. */
export const sectionOf = (page: string, heading: string): string | undefined =>
  sections(page).find((part) => headingOf(part) === heading);
