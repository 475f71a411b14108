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
