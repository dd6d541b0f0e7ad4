import type { Needs } from '../../inference/capabilities.js';
import type { LanguageModel } from '../../inference/language-model.js';
import type { CliContext } from '../context.js';
import { withFetching } from '../fetching.js';

export interface WithModelOptions {
  readonly needs: Needs;
  readonly signal: AbortSignal;
}

/** Runs `action` with a model that it opens itself, without Temporal. Base models are allowed. */
export async function withModel<T>(
  context: CliContext,
  name: string | undefined,
  { needs, signal }: WithModelOptions,
  action: (model: LanguageModel) => Promise<T>,
): Promise<T> {
  const { config, home, options } = context;
  const { openModel } = await import('../../models/open-model.js');
  const model = await withFetching(context, signal, (fetching) =>
    openModel(name ?? config.model, {
      config,
      home,
      fetching,
      needs,
      uses: ['chat', 'base'],
      keepsSnapshots: false,
      onNotice: (line) => (options.verbose ? fetching.onNotice?.(line) : undefined),
    }),
  );
  try {
    return await action(model);
  } finally {
    await model.dispose();
  }
}
