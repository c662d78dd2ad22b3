const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
/** An IPv6 address may end in an IPv4 one (RFC 4291, 2.2): as long as two groups. */
const DOTTED_END = /\d+\.\d+\.\d+\.\d+$/;

/**
 * What limits count an address by. One customer has an IPv4 address, or an IPv6 network of 64 bits at least, in which each of
 * their requests may come from another address (RFC 6177). The same network reads the same, however its address was written.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const ipv4 = MAPPED_IPV4.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  const groups = groupsOf(address);
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.');
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/** The eight of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const [plain = ''] = address.split('%');
  const [left = [], right = []] = plain
    .replace(DOTTED_END, '0:0')
    .split('::')
    .map((side) => (side === '' ? [] : side.split(':').map((group) => Number.parseInt(group, 16))));
  const between = Math.max(0, 8 - left.length - right.length);
  return [...left, ...new Array<number>(between).fill(0), ...right];
}
