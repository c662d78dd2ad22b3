import { describe, expect, it } from '@jest/globals';
import { hostname } from 'node:os';
import { PageHosts } from '../../shared/monitoring/page-hosts.ts';

const hosts = new PageHosts(
  ['status.example.org'],
  ['http://ingest:8083', 'http://[fd00::7]:8081', 'http://10.0.0.7:8081'],
);

describe('the page is answered', () => {
  it.each([
    ['as localhost', 'localhost:8081'],
    ['in any case of letters', 'LocalHost'],
    ['under the name of the machine', `${hostname()}:8081`],
    ['under the name of a service', 'ingest:8083'],
    ['under a name of ALLOWED_HOSTS', 'status.example.org'],
    ['by address', '203.0.113.7:8081'],
    ['by an address of IPv6', '[2001:db8::1]:8081'],
    ['by an address without a port', '[::1]'],
    ['to what is no browser', undefined],
  ])('%s', (_how, host) => expect(hosts.has(host)).toBe(true));
});

describe('the page is not answered', () => {
  it.each([
    ['under the name of somebody else', 'rebound.example.net:8081'],
    ['under a name that only begins like ours', 'localhost.example.net'],
    ['under a name that only ends like ours', 'evil-status.example.org'],
    ['under a name that begins like an address', '127.0.0.1.example.net'],
    ['under no name', ''],
    ['under what is no name', '[localhost]:8081'],
  ])('%s', (_how, host) => expect(hosts.has(host)).toBe(false));
});
