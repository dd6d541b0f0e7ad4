import { Option } from 'commander';
import type { Command } from 'commander';
import type { SearchRequest, SearchStage } from '../../domain/knowledge/retrieval.js';
import { CliError } from '../cli-error.js';
import { formatHits } from './format-hits.js';
import { listOf, nameList, textList, wholeNumber } from '../option-parsers.js';
import { printable } from '../terminal.js';
import { absolute, addPair, withKnowledge } from './kb-shared.js';
import type { JsonOption } from './kb-shared.js';

const STAGES: readonly SearchStage[] = ['lexical', 'vector', 'rerank'];

interface SearchOptions extends JsonOption {
  readonly stages?: readonly SearchStage[];
  readonly limit: number;
  readonly source: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly full?: boolean;
}

/** Adds `kb search`. */
export function addKbSearchCommand(kb: Command): void {
  kb.command('search')
    .description('Find passages by their words and their meaning. Each hit shows its rank and score in each stage.')
    .argument('<names>', 'names of knowledge bases, separated by commas')
    .argument('<query>')
    .option('--stages <list>', `only these of ${STAGES.join(', ')} (default: all that are configured)`, listOf(stageOf))
    .option('-n, --limit <count>', 'maximum number of passages', wholeNumber(1, 200), 10)
    .option('--source <uri>', 'only documents whose path or URL starts with this; may be repeated', textList, [])
    .addOption(
      new Option('--meta <key=value>', 'only documents with this value; may be repeated')
        .argParser(addPair)
        .default({}, 'none'),
    )
    .option('--full', 'show whole passages')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy kb search docs "how are sessions archived?"
  $ colloquy kb search docs,papers "向量索引" --stages lexical --limit 3
  $ colloquy kb search docs "limits" --source ./manuals --full`,
    )
    .action(async (names: string, query: string, _options, command: Command) => {
      const options = command.optsWithGlobals<SearchOptions>();
      await withKnowledge(options, async ({ client, terminal }) => {
        const { limit, source, meta, json, full } = options;
        const request: SearchRequest = {
          query,
          limit,
          knowledgeBases: nameList(names),
          ...(options.stages && { stages: options.stages }),
          ...(source.length > 0 && { uriPrefixes: source.map(absolute) }),
          ...(Object.keys(meta).length > 0 && { metadata: meta }),
        };
        const result = await client.knowledge.search(request);
        if (json) return terminal.print(JSON.stringify(result));
        for (const failure of result.failures) {
          terminal.note(printable(`${failure.source} was left out: ${failure.reason}`));
        }
        if (result.hits.length === 0) return terminal.note('Nothing was found.');
        for (const line of formatHits(result.hits, { isWhole: full === true })) terminal.print(printable(line));
      });
    });
}

function stageOf(part: string): SearchStage {
  const stage = STAGES.find((each) => each === part);
  if (stage === undefined) throw new CliError(`"${part}" is not a stage. The stages are ${STAGES.join(', ')}.`);
  return stage;
}
