import type { Command } from 'commander';
import { modelIdOf } from '../../models/resolve-model.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { formatSourceNotes, formatSources, listedSources } from './format-sources.js';
import { abortOnInterrupt } from '../interrupt.js';
import { locateSource } from './locate-source.js';
import { decimal, nameList, wholeNumber } from '../option-parsers.js';
import { resolvePersona } from '../session/persona.js';
import { describeProgress } from '../show-progress.js';
import { printable } from '../terminal.js';

interface AskOptions extends GlobalOptions {
  readonly kb?: readonly string[];
  readonly web?: boolean;
  readonly useWeakHits?: boolean;
  readonly model?: string;
  readonly persona?: string;
  readonly user?: string;
  readonly maxTokens?: number;
  readonly timeout?: number;
  readonly json?: boolean;
}

export function addAskCommand(program: Command): void {
  program
    .command('ask')
    .description('Answer one question from knowledge bases and the web, with sources.')
    .argument('<question>')
    .option('-k, --kb <names>', 'knowledge bases to search, separated by commas', nameList)
    .option('--web', 'search the web too; "colloquy doctor" lists the providers')
    .option('--use-weak-hits', 'give the model the passages even if they probably do not answer the question')
    .option('-m, --model <model>', 'model that answers')
    .option('-p, --persona <text>', 'persona that answers: a text, or @file')
    .option('-u, --user <id>', 'user whose share of the model the answer uses')
    .option('-n, --max-tokens <n>', 'maximum number of tokens of the answer', wholeNumber(1))
    .option('--timeout <seconds>', 'time limit; the answer then uses what was found by then', decimal(1, 604_800))
    .option('--json', 'print one object: text, citations, sources, failures')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy ask "How does a session survive a crash?" --kb docs
  $ colloquy ask "What is new in Temporal?" --kb docs,notes --web --json

Each source is given as path:line, which terminals and editors open at the passage; a PDF with its page; a web page by its URL.`,
    )
    .action(async (question: string, _options, command: Command) => {
      const options = command.optsWithGlobals<AskOptions>();
      const { kb = [], web = false } = options;
      if (kb.length === 0 && !web) throw new CliError('Name the sources to search: --kb NAME, --web, or both.');
      const context = await createCliContext(options);
      const { config, terminal } = context;
      const persona = await resolvePersona(options.persona ?? config.persona);
      await withClient(context, async ({ client }) => {
        const modelId = modelIdOf(options.model ?? config.model);
        const missing = await client.missingWorkers(modelId);
        if (missing.includes('model')) {
          terminal.note(
            `Waiting: no worker runs the model "${modelId}". Start one: colloquy worker model --model ${modelId}`,
          );
        }
        const { json } = options;
        const result = await client.ask(question, {
          modelId,
          sources: { knowledgeBases: kb, web, ...(options.useWeakHits === true && { weakHits: 'use' }) },
          ...(persona !== undefined && { persona }),
          ...(options.user !== undefined && { userId: options.user }),
          ...(options.maxTokens !== undefined && { maxOutputTokens: options.maxTokens }),
          ...(options.timeout !== undefined && { timeoutSeconds: options.timeout }),
          signal: abortOnInterrupt(),
          onProgress: (progress) => terminal.status(describeProgress(progress)),
          ...(!json && {
            onText: (news: string) => terminal.write(terminal.out.isTTY === true ? printable(news) : news),
          }),
        });
        terminal.status(undefined);
        if (json) {
          const sources = await Promise.all(
            result.sources.map(async (source) => ({ ...source, ...(await locateSource(source)) })),
          );
          return terminal.print(JSON.stringify({ ...result, sources }));
        }
        terminal.write('\n');
        const listed = await formatSources(listedSources(result));
        if (listed.length > 0) terminal.print(['', ...listed].join('\n'));
        for (const note of formatSourceNotes(result)) terminal.note(note);
      });
    });
}
