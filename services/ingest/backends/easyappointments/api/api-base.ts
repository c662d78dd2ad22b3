const API_PATH = '/index.php/api/v1/';

/**
 * Where the REST API of a site is. The site may be given as it opens in a browser, with `/index.php` or with the whole
 * path of the API; `undefined` for anything else, and for an address with a user, a query or a fragment in it.
 */
export function apiBaseOf(site: string): string | undefined {
  if (!URL.canParse(site)) return undefined;
  const { protocol, username, password, host, pathname, search, hash } = new URL(site);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  if (`${username}${password}${search}${hash}` !== '') return undefined;
  const path = pathname.replace(/\/+$/, '').replace(/\/index\.php(\/api\/v1)?$/, '');
  return `${protocol}//${host}${path}${API_PATH}`;
}
