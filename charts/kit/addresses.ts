// Address ranges.
import { BlockList } from 'node:net';

const parse = (cidr: string) => {
  const [address = '', bits = '0'] = cidr.split('/');
  return { address, bits: Number(bits), family: address.includes(':') ? ('ipv6' as const) : ('ipv4' as const) };
};

/** Whether the first range holds all of the second. */
export const holds = (a: string, b: string): boolean => {
  const [outer, inner] = [parse(a), parse(b)];
  if (outer.family !== inner.family || inner.bits < outer.bits) return false;
  const list = new BlockList();
  list.addSubnet(outer.address, outer.bits, outer.family);
  return list.check(inner.address, inner.family);
};

/**
 * Shortest prefixes of what somebody may have: 10.0.0.0/8 and fc00::/7 are the largest ranges of private addresses. What is
 * larger than a /4 is most of the internet, or becomes all of it with one or two others beside it.
 */
const shortest = { ipv4: 4, ipv6: 7 } as const;

/** Whether a range has so many addresses that whoever is in it could be anybody. */
export const isEverybody = (cidr: string): boolean => {
  const { bits, family } = parse(cidr);
  return bits < shortest[family];
};
