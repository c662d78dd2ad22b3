import { describe, expect, it } from '@jest/globals';
import { SiteUrl } from '../../services/ingest/backends/easyappointments/settings.ts';

describe('the address of the REST API', () => {
  it.each([
    'https://example.org/booking',
    'https://example.org/booking/',
    'https://example.org/booking/index.php',
    'https://example.org/booking/index.php/',
    'https://example.org/booking/index.php/api/v1',
    'https://example.org/booking/index.php/api/v1/',
  ])('follows from %s', (site) => {
    expect(SiteUrl.parse(site)).toBe('https://example.org/booking/index.php/api/v1/');
  });

  it('is at the root where the site is, with the port of the site', () => {
    expect(SiteUrl.parse('http://easyappointments:8000')).toBe(
      'http://easyappointments:8000/index.php/api/v1/',
    );
  });

  it.each([
    'example.org/booking',
    '/booking',
    'ftp://example.org',
    'file:///srv/booking',
    'https://admin:secret@example.org',
    'https://example.org/?page=1',
    'https://example.org/#book',
  ])('does not follow from %s', (site) => {
    expect(SiteUrl.safeParse(site).success).toBe(false);
  });
});
