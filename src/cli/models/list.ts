import type { Command } from 'commander';
import { inspectArtefact } from '../../artefacts/inspect-artefact.js';
import { findArtefact } from '../../artefacts/catalogue.js';
import { MODEL_PROFILES } from '../../inference/profiles/model-profiles.js';
import { createCliContext } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { formatTable } from '../terminal.js';
import { formatSize } from './format-size.js';

export function addModelsListCommand(models: Command): void {
  models
    .command('list')
    .description('List the known models and whether they are on this machine.')
    .option('--json', 'print an array')
    .addHelpText(
      'after',
      '\nModels on a server are named ollama:NAME or openai:NAME and are not listed here.\n\nExamples:\n  $ colloquy models list\n  $ colloquy models list --json | jq ".[].modelId"',
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const { home, terminal } = await createCliContext(options);
      const rows = await Promise.all(
        MODEL_PROFILES.map(async (profile) => {
          const artefact = findArtefact(profile.modelId);
          if (artefact === undefined) return { ...profile, state: 'by hand' as const, sources: [profile.page ?? ''] };
          const { state, path } = await inspectArtefact(artefact, home, process.env);
          const sources = artefact.sources.map((source) =>
            source.type === 'download'
              ? source.url
              : source.type === 'wheel'
                ? `pip:${source.package}`
                : source.command,
          );
          return { ...profile, sha256: artefact.sha256, sources, state, path };
        }),
      );
      if (options.json) {
        terminal.print(JSON.stringify(rows));
        return;
      }
      const lines = rows.map((row) => [
        row.modelId,
        row.purposes.join(' '),
        row.parameters,
        row.quantization,
        String(row.contextTokens),
        formatSize(row.sizeBytes),
        row.licence,
        row.state,
      ]);
      const header = ['MODEL', 'FOR', 'PARAMETERS', 'QUANTIZATION', 'CONTEXT', 'SIZE', 'LICENCE', 'STATE'];
      for (const line of formatTable([header, ...lines])) terminal.print(line);
    });
}
