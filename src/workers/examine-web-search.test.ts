import { expect, it } from 'vitest';
import { startLocalServer } from '../../test/setup/local-server.js';
import { examineWebSearch } from './examine-web-search.js';

const none = {
  searxngUrl: undefined,
  braveApiKey: undefined,
  googleApiKey: undefined,
  googleCx: undefined,
  newsApiKey: undefined,
};

it('says that none is set up, and what to do', async () => {
  expect(await examineWebSearch(none)).toMatchObject([{ state: 'note', found: 'none is set up' }]);
});

it('names keys without showing them, and what is missing', async () => {
  const findings = await examineWebSearch({ ...none, braveApiKey: 'secret', googleCx: 'engine' });
  expect(findings).toMatchObject([
    { state: 'ok', found: 'Brave, by its key, which was not tried' },
    { state: 'note', found: 'Google Custom Search lacks COLLOQUY_GOOGLE_API_KEY' },
  ]);
  expect(JSON.stringify(findings)).not.toContain('secret');
});

it.each([
  [400, 'ok', /^SearXNG answers at http:\/\/127\.0\.0\.1:\d+$/u],
  [403, 'note', /answers 403$/u],
  [502, 'note', /answers 502$/u],
])('asks SearXNG without a query: %i is %s', async (status, state, found) => {
  await using server = await startLocalServer((_request, response) => response.writeHead(status).end('{}'));
  const searxngUrl = server.url.replace('//', '//me:secret@');
  const findings = await examineWebSearch({ ...none, searxngUrl });
  expect(findings).toMatchObject([{ state, found: expect.stringMatching(found) as string }]);
  expect(JSON.stringify(findings)).not.toContain('secret');
  expect(server.requests).toEqual(['/search?format=json']);
});

it('says when no SearXNG is there', async () => {
  expect(await examineWebSearch({ ...none, searxngUrl: 'http://127.0.0.1:1' })).toMatchObject([
    { state: 'note', found: 'no SearXNG answers at http://127.0.0.1:1' },
  ]);
});
