import type { Command } from 'commander';
import { ensureArtefact } from '../../artefacts/ensure-artefact.js';
import { inspectArtefact } from '../../artefacts/inspect-artefact.js';
import { MODEL_PROFILES, findModelProfile } from '../../inference/model-profiles.js';
import { artefactOf } from '../../workers/resolve-model.js';
import { CliError } from '../cli-error.js';
import { createCliContext } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { withFetching } from '../fetching.js';
import { abortOnInterrupt } from '../interrupt.js';
import { formatTable } from '../terminal.js';

export function addModelsCommand(program: Command): void {
  const models = program.command('models').description('Which models there are, and fetching them.');

  models
    .command('list')
    .description('List the known models and whether they are on this machine.')
    .option('--json', 'print an array')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const { home, terminal } = createCliContext(options);
      const rows = await Promise.all(
        MODEL_PROFILES.map(async (profile) => {
          const artefact = artefactOf(profile.modelId);
          const { state, path } = await inspectArtefact(artefact, home);
          return { ...profile, sizeBytes: artefact.sizeBytes, state, path };
        }),
      );
      if (options.json) {
        terminal.print(JSON.stringify(rows));
        return;
      }
      const lines = rows.map(
        ({ modelId, use, parameters, quantization, contextTokens, sizeBytes, languages, licence, state }) => {
          const size = `${Math.round(sizeBytes / 1e6)} MB`;
          return [
            modelId,
            use,
            parameters,
            quantization,
            String(contextTokens),
            size,
            languages.join(' '),
            licence,
            state,
          ];
        },
      );
      const header = ['MODEL', 'USE', 'PARAMETERS', 'QUANTIZATION', 'CONTEXT', 'SIZE', 'LANGUAGES', 'LICENCE', 'STATE'];
      for (const line of formatTable([header, ...lines])) terminal.print(line);
    });

  models
    .command('pull')
    .description('Fetch a model from the first source that has it, and verify it.')
    .argument('<model>', 'id from "colloquy models list"')
    .option('--force', 'fetch again though the file is there, e.g. because it is damaged')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy models pull smollm2-135m-instruct --force')
    .action(async (modelId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean; force?: boolean }>();
      if (findModelProfile(modelId) === undefined) {
        const known = MODEL_PROFILES.map((each) => each.modelId).join(', ');
        throw new CliError(`There is no model "${modelId}". Known: ${known}.`);
      }
      const context = createCliContext(options);
      const artefact = artefactOf(modelId);
      const path = await withFetching(context, abortOnInterrupt(), (fetching) =>
        ensureArtefact(artefact, { ...fetching, force: options.force }),
      );
      context.terminal.print(options.json ? JSON.stringify({ modelId, path }) : path);
    });
}
