import type { Command } from 'commander';
import { MODEL_PROFILES, findModelProfile } from '../../inference/profiles/model-profiles.js';
import { artefactOf } from '../../models/resolve-model.js';
import { CliError } from '../cli-error.js';
import { createCliContext } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { withFetching } from '../fetching.js';
import { abortOnInterrupt } from '../interrupt.js';

export function addModelsPullCommand(models: Command): void {
  models
    .command('pull')
    .description('Fetch a model from the first source that has it, and verify it.')
    .argument('<model>', 'id from "colloquy models list"')
    .option('--force', 'fetch again even if the file exists, e.g. because it is damaged')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy models pull smollm2-135m-instruct --force')
    .action(async (modelId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean; force?: boolean }>();
      if (findModelProfile(modelId) === undefined) {
        const known = MODEL_PROFILES.map((each) => each.modelId).join(', ');
        throw new CliError(`"${modelId}" is not a known model. Known models: ${known}.`);
      }
      const context = await createCliContext(options);
      const artefact = artefactOf(modelId);
      const { ensureArtefact } = await import('../../artefacts/ensure-artefact.js');
      const path = await withFetching(context, abortOnInterrupt(), (fetching) =>
        ensureArtefact(artefact, { ...fetching, force: options.force }),
      );
      context.terminal.print(options.json ? JSON.stringify({ modelId, path }) : path);
    });
}
