// Secrets that are written where they do not belong: a fleet file is in git, and what is said of it is in the logs of CI.

/** What people call secrets themselves; `secret`, `key` and `tokenUrl` name a Secret, its key and a place. */
const words = `(?:aws_?)?(?:access|secret)_?(?:access_?)?key(?:_?id)?|api_?key|client_?secret|(?:admin_?)?password|(?:auth_?|access_?|bearer_?)?token`;
const key = new RegExp(`^(?:${words})$`, 'i');
const pair = new RegExp(String.raw`((?<![-\w])["']?(?:${words})["']?\s*:\s*)("[^"]*"|'[^']*'|[^\s"',}][^\s,}]*)`, 'gi');
/** Of http, a user may be a token; of ssh, it is git's as a rule, and no secret. */
const inUrl = /((?:https?:\/\/)|(?:[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:))([^\s/@]+)(?=@)/gi;

/** Whether a key of a fleet file would hold a secret itself. */
export const isSecretKey = (name: string): boolean => key.test(name);

/** Whether a text is a URL with a password or a token in it. */
export const hasCredential = (text: string): boolean => new RegExp(inUrl.source, 'i').test(text);

/** A text of the same length that may be shown to anybody. */
export const withoutSecrets = (text: string): string =>
  text
    .replace(pair, (_, before: string, value: string) => before + '*'.repeat(value.length))
    .replace(inUrl, (_, before: string, value: string) => before + '*'.repeat(value.length));
