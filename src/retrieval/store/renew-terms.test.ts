import { expect, it, vi } from 'vitest';
import type { KnowledgeBaseRow } from './open-knowledge.js';
import { createTermsRenewal } from './renew-terms.js';

it('says in the log why words could not be brought up to date, and not again within the minute', async () => {
  const use = vi.fn<() => Promise<never>>(() => Promise.reject(new Error('the disk is full')));
  const notices: string[] = [];
  const renewal = createTermsRenewal(
    { use },
    { version: 2, documentTerms: () => [], queryTerms: () => [] },
    (line) => void notices.push(line),
  );
  const base = { name: 'docs', termsVersion: 1 } as KnowledgeBaseRow;
  renewal.begin(base);
  await vi.waitFor(() => expect(notices).toHaveLength(1));
  renewal.begin(base);
  expect(use).toHaveBeenCalledTimes(1);
  expect(notices[0]).toMatch(/^The words of "docs" .*\(the disk is full\)\. Searches still find/u);
});
