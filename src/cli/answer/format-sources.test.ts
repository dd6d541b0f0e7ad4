import { expect, it } from 'vitest';
import type { SearchHit } from '../../domain/knowledge/retrieval.js';
import { formatHits } from '../knowledge/format-hits.js';
import { formatSources } from './format-sources.js';

it('tells the other places of a source', async () => {
  const source = {
    number: 1,
    knowledgeBase: 'docs',
    uri: 'https://a.example/policy',
    title: 'Policy',
    mediaType: 'text/html',
  };
  const alsoAt = ['b/policy.md', 'c/policy.md'].map((name) => ({
    knowledgeBase: 'docs',
    uri: `/x/${name}`,
    name,
    title: 'P',
  }));
  const [line] = await formatSources([{ ...source, headings: [], start: 0, end: 9, alsoAt }]);
  expect(line).toBe('[1] https://a.example/policy (also: b/policy.md, c/policy.md) — Policy');
});

it('tells the other places of a hit', () => {
  const hit: SearchHit = {
    knowledgeBase: 'docs',
    document: { uri: '/x/a.md', name: 'a.md', title: 'A', mediaType: 'text/markdown', metadata: {} },
    chunk: { index: 0, text: 'Text', start: 0, end: 4, headings: [], tokens: 1 },
    stages: {},
    score: 1,
    alsoAt: [
      {
        knowledgeBase: 'old',
        document: { uri: '/y/b.md', name: 'b.md', title: 'B' },
        chunk: { index: 3, start: 5, end: 9 },
      },
    ],
  };
  expect(formatHits([hit], { isWhole: false })).toContain('   also: b.md · old');
});
