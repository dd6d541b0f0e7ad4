import { describe, expect, it } from 'vitest';
import {
  beginIngestion,
  count,
  describeFault,
  describeIngestion,
  faultOfIngestion,
  ingestionDetails,
  ingestionWorkflowId,
  recordFault,
  recordNotes,
} from './ingestion.js';
import type { IngestionFault, IngestionRequest } from './ingestion.js';

const request: IngestionRequest = { knowledgeBase: 'docs', sources: ['/a', '/b'] };

describe('a request', () => {
  it.each([
    [{ ...request, knowledgeBase: 'No Name' }, /cannot name a knowledge base/u],
    [{ ...request, sources: [] }, /Nothing to add/u],
    [
      { ...request, sources: Array.from({ length: 100 }, () => 'x'.repeat(6_000)) },
      /has 60\d,\d+ bytes; the maximum is 500,000\. Name their folder/u,
    ],
    [{ ...request, metadata: { year: 7 as unknown as string } }, /must be a string/u],
    [{ knowledgeBase: 'docs' } as IngestionRequest, /Nothing to add/u],
  ])('that cannot be done is refused: %#', (given, fault) => {
    expect(faultOfIngestion(given)).toMatch(fault);
  });

  it('has the same id whatever the order, and another for other sources or metadata', () => {
    const id = ingestionWorkflowId(request);
    expect(id).toMatch(/^ingest-documents\/docs\/[0-9a-f]{16}$/u);
    expect(ingestionWorkflowId({ ...request, sources: ['/b', '/a'] })).toBe(id);
    const others = [
      { ...request, sources: ['/a'] },
      { ...request, sources: ['/a/b'] },
      { ...request, metadata: { kind: 'x' } },
      { ...request, knowledgeBase: 'other' },
    ];
    expect(new Set([id, ...others.map(ingestionWorkflowId)]).size).toBe(5);
  });
});

describe('what is told', () => {
  it('counts, and keeps the first hundred faults at a bearable length', () => {
    let status = count(beginIngestion(request), { total: 152, added: 1 }, 7);
    status = count(status, { unchanged: 1 });
    for (let index = 0; index < 150; index++) {
      const fault: IngestionFault = { source: `/${index}`, type: 'Document.Corrupt', reason: 'long\n'.repeat(500) };
      status = recordFault(count(status, { failed: 1 }), fault);
    }
    expect(status.faults).toHaveLength(100);
    expect(status.faults[0]?.reason).toMatch(/^(?:long )+l?o?n?g?…$/u);
    expect(JSON.stringify(status).length).toBeLessThan(100_000);
    expect(describeIngestion({ ...status, state: 'reading' })).toBe(
      '152 of 152 documents · added 1, unchanged 1, failed 150 · 7 chunks',
    );
    expect(ingestionDetails(status).split('\n').at(-1)).toBe('- and 130 more');
  });

  it('names documents from the source that was added, wherever it is told of them', () => {
    const sources = ['/home/ada/docs', '/home/ada/a.pdf'];
    const faults = [
      { source: '/home/ada/docs/b/c.pdf', type: 'Document.Corrupt', reason: 'docs/b/c.pdf is damaged.' },
      { source: '/home/ada/docs/d.pdf', type: 'Document.Corrupt', reason: '/home/ada/docs/d.pdf is damaged.' },
      { source: '/home/ada/a.pdf', type: 'Unexpected', reason: 'It failed.' },
    ];
    const lines = ['docs/b/c.pdf is damaged.', 'docs/d.pdf is damaged.', 'a.pdf: It failed.'];
    expect(faults.map((fault) => describeFault(fault, sources))).toEqual(lines);
    const begun = beginIngestion({ knowledgeBase: 'docs', sources });
    const details = ingestionDetails({ ...begun, current: ['/home/ada/docs/e.md'], faults });
    expect(details).not.toContain('/home');
    expect(details.split('\n').slice(2)).toEqual([
      '- `docs/e.md`',
      'Not read:',
      ...lines.map((line) => `- \`${line}\``),
    ]);
  });

  it('cannot be made Markdown by the name of a file', () => {
    const status = { ...beginIngestion(request), current: ['/a`](javascript:x)\n# b'] };
    expect(ingestionDetails(status)).toContain("- `a'](javascript:x) # b`");
  });

  it('keeps a hundred notes, ten of one document, and tells them in the details', () => {
    const plain = beginIngestion({ knowledgeBase: 'docs', sources: ['/srv'] });
    expect(recordNotes(plain, '/srv/a')).toBe(plain);
    const many = Array.from({ length: 20 }, (_, index) => `note ${index}`);
    expect(recordNotes(plain, '/srv/a', many).notes).toHaveLength(10);
    const all = many.reduce((status, name) => recordNotes(status, `/srv/${name}`, many), plain);
    expect(all.notes).toHaveLength(100);
    expect(ingestionDetails(all)).toContain('Perhaps not read right:');
  });
});
