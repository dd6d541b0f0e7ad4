import { ModelError } from '../model-error.js';

/** Optional fields: an answer is also correct without them. */
const OPTIONAL = [
  'stream_options',
  'chat_template_kwargs',
  'reasoning_effort',
  'thinking_budget_tokens',
  'thinking_token_budget',
];

/** Newer interfaces of OpenAI and Azure accept the limit only under its second name. */
const RENAMED = { max_tokens: 'max_completion_tokens' };

/** Adapts requests to a server by remembering which fields it refused. */
export class AdaptedRequests {
  private readonly dropped = new Set<string>();
  private readonly renamed = new Map<string, string>();

  /** Removes the fields that the server has refused so far. */
  adapt(request: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const kept = Object.entries(request).filter(([field]) => !this.dropped.has(field));
    return Object.fromEntries(kept.map(([field, value]) => [this.renamed.get(field) ?? field, value]));
  }

  /** Whether the server refused the request for a field that it does not need, so that a retry makes sense. */
  learn(failure: unknown, sent: Readonly<Record<string, unknown>>): boolean {
    if (!(failure instanceof ModelError) || failure.type !== 'Model.Unsupported') return false;
    const { status } = failure.options.details ?? {};
    if (status !== 400 && status !== 422) return false;
    const isNamed = (field: string): boolean => new RegExp(String.raw`\b${field}\b`, 'u').test(failure.message);
    for (const [field, name] of Object.entries(RENAMED)) {
      if (!(field in sent) || !isNamed(name)) continue;
      this.renamed.set(field, name);
      return true;
    }
    const refused = OPTIONAL.filter((field) => field in sent && isNamed(field));
    for (const field of refused) this.dropped.add(field);
    return refused.length > 0;
  }
}
