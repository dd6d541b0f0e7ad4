import type { Command } from 'commander';
import { inspectArtefact } from '../../artefacts/inspect-artefact.js';
import { findModelProfile, type ModelProfile } from '../../inference/profiles/model-profiles.js';
import { artefactOf, modelIdOf } from '../../models/resolve-model.js';
import { createCliContext } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { formatTable, printable } from '../terminal.js';
import { formatSize } from './format-size.js';

export function addModelsInspectCommand(models: Command): void {
  models
    .command('inspect')
    .description('Show what is known about a model, and what the header of its file says.')
    .argument('<model>', 'id from "colloquy models list", or the path of a GGUF file (of a split one, any part)')
    .option('--json', 'print one object')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy models inspect smollm2-135m-instruct\n  $ colloquy models inspect ./my-model.gguf --json',
    )
    .action(async (model: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const context = await createCliContext(options);
      const { profile, path } = await locate(model, context);
      const { inspectModelFile } = await import('../../inference/gguf/inspect-model-file.js');
      const file = path === undefined ? undefined : await inspectModelFile(model, path);
      if (options.json) {
        context.terminal.print(JSON.stringify({ modelId: profile?.modelId, profile, path, file }));
        return;
      }
      const kvBytes = file?.kvBytesPerToken ?? profile?.kvBytesPerToken;
      const contextTokens = file?.contextTokens ?? profile?.contextTokens;
      const rows: (readonly [string, string | number | undefined])[] = [
        ['model', profile ? `${profile.modelId} (${profile.title})` : file?.name],
        ['for', profile?.purposes.join(', ')],
        ['languages', profile?.languages.join(', ')],
        ['licence', profile?.licence],
        ['file', path ?? `not on this machine; ${howToGet(profile)}`],
        ['split into', file && file.parts > 1 ? `${file.parts} files` : undefined],
        ['size', formatSize(file?.sizeBytes ?? profile?.sizeBytes ?? 0)],
        ['architecture', file?.architecture],
        ['quantization', file?.quantization ?? profile?.quantization],
        ['layers', file?.layers],
        ['width', file?.width],
        ['vocabulary', file?.vocabularyTokens],
        ['context', contextTokens],
        [
          'chat template',
          file && (file.hasChatTemplate ? 'yes' : 'none: it continues text, but does not answer messages'),
        ],
        ['memory per token', kvBytes ? `${(kvBytes / 1024).toFixed(1)} KiB` : undefined],
        ['memory of a full context', kvBytes && contextTokens ? formatSize(kvBytes * contextTokens) : undefined],
      ];
      const known = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, printable(String(value))]]));
      for (const line of formatTable(known)) context.terminal.print(line);
    });
}

function howToGet(profile: ModelProfile | undefined): string {
  return profile?.page === undefined ? `colloquy models pull ${profile?.modelId}` : `get it from ${profile.page}`;
}

/** @throws {ModelError} `Model.NotFound` for a name that is neither a known model's nor a path. */
async function locate(model: string, { home }: CliContext) {
  const profile = findModelProfile(model);
  if (profile === undefined) {
    // Checks the name; a name that is not known is treated as a path.
    modelIdOf(model);
    return { profile: undefined, path: model };
  }
  if (profile.page !== undefined) return { profile, path: undefined };
  const { state, path } = await inspectArtefact(artefactOf(profile.modelId), home, process.env);
  return { profile, path: state === 'absent' ? undefined : path };
}
