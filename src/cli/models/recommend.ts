import { InvalidArgumentError, Option, type Command } from 'commander';
import { MODEL_PROFILES, type Purpose } from '../../inference/profiles/model-profiles.js';
import { recommendModels, type ModelVerdict } from '../../inference/profiles/recommend-model.js';
import { CliError } from '../cli-error.js';
import { createCliContext } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { formatTable } from '../terminal.js';
import { formatSize } from './format-size.js';

interface RecommendOptions extends GlobalOptions {
  readonly for: Purpose;
  readonly context: number;
  readonly sessions: number;
  readonly memory?: number;
  readonly gpuMemory?: number;
  readonly json?: boolean;
}

const PURPOSES: readonly Purpose[] = ['instruction', 'retrieval', 'agent', 'completion', 'embedding'];

export function addModelsRecommendCommand(models: Command): void {
  models
    .command('recommend')
    .description('Recommend a model for this machine and purpose, and say why.')
    .addOption(new Option('--for <purpose>', 'purpose of the model').choices(PURPOSES).default('instruction'))
    .option('--context <tokens>', 'length of a conversation, in tokens', positive, 8192)
    .option('--sessions <count>', 'conversations answered at the same time', positive, 1)
    .option('--memory <GB>', 'free memory (default: what this machine has free)', positive)
    .option('--gpu-memory <GB>', 'free memory of the GPU (default: what this machine has free)', positive)
    .option('--json', 'print an array, the recommended one first')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy models recommend
  $ colloquy models recommend --for agent --sessions 4
  $ colloquy models recommend --gpu-memory 24          for another machine`,
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<RecommendOptions>();
      const { terminal, config } = await createCliContext(options);
      const { inspectMemory } = await import('../../inference/llama/inspect-memory.js');
      const found = await inspectMemory(config.gpu === 'off' ? false : config.gpu);
      const machine = {
        memoryBytes: options.memory === undefined ? found.memoryBytes : options.memory * 1e9,
        gpuMemoryBytes: options.gpuMemory === undefined ? found.gpuMemoryBytes : options.gpuMemory * 1e9,
      };
      const wish = { purpose: options.for, contextTokens: options.context, sequences: options.sessions };
      const verdicts = recommendModels(MODEL_PROFILES, wish, machine);
      if (options.json) {
        terminal.print(JSON.stringify(verdicts.map(({ profile, ...rest }) => ({ modelId: profile.modelId, ...rest }))));
        return;
      }
      const [best] = verdicts;
      if (best?.verdict !== 'recommended') {
        const smallest = Math.min(
          ...verdicts.filter(({ verdict }) => verdict !== 'unsuited').map(({ neededBytes }) => neededBytes),
        );
        throw new CliError(
          `No known model for "${options.for}" with ${options.context} tokens fits into ${formatSize(machine.memoryBytes)}; ` +
            `the smallest needs ${formatSize(smallest)}. Choose a shorter --context or fewer --sessions.`,
        );
      }
      terminal.print(`${best.profile.modelId}: ${best.reason}.`);
      terminal.print('');
      for (const line of formatTable([['MODEL', 'VERDICT', 'WHY'], ...verdicts.slice(1).map(row)]))
        terminal.print(line);
      terminal.print('');
      terminal.note(`To run it: colloquy start --model ${best.profile.modelId}`);
    });
}

function row({ profile, verdict, reason }: ModelVerdict): string[] {
  return [profile.modelId, verdict, reason];
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number above 0.');
  return value;
}
