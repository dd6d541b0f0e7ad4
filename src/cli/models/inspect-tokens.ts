import type { Command } from 'commander';
import type { Decoding } from '../../domain/decoding.js';
import type { GenerateResult, LanguageModel, Prompt, TokenLogprob } from '../../inference/language-model.js';
import { createCliContext, type CliContext, type GlobalOptions } from '../context.js';
import { addDecodingOptions, decodingOf, type DecodingOptions } from '../session/decoding-options.js';
import { abortOnInterrupt } from '../interrupt.js';
import { wholeNumber } from '../option-parsers.js';
import { readText } from '../read-text.js';
import { formatTable } from '../terminal.js';
import { withModel } from './with-model.js';

interface InspectOptions extends GlobalOptions, DecodingOptions {
  readonly model?: string;
  readonly chat?: boolean;
  readonly maxTokens: number;
  readonly top: number;
  readonly json?: boolean;
}

/** One step of an answer. */
interface Step {
  readonly step: number;
  readonly token: number;
  readonly text: string;
  /** Probability in the model's own distribution, before penalties and truncation. */
  readonly probability: number;
  readonly logprob: number;
  /** Likeliest first. */
  readonly alternatives: readonly {
    readonly token: number;
    readonly text: string;
    readonly probability: number;
    readonly logprob: number;
  }[];
  /** Total probability of all tokens besides the alternatives. */
  readonly restProbability: number;
}

export function addInspectTokensCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('inspect-tokens')
    .description('Show how a model continues a text: each token, its probability, and its alternatives.')
    .argument('[text]', 'beginning of the text; "-" or no argument reads standard input')
    .option(
      '-m, --model <model>',
      'id from "colloquy models list", base models included, path of a GGUF file, ollama:NAME or openai:NAME',
    )
    .option('--chat', 'treat the text as a message to answer, not as a text to continue')
    .option('-n, --max-tokens <n>', 'maximum number of steps', wholeNumber(1), 16)
    .option('-k, --top <n>', 'alternatives of each step', wholeNumber(0, 100), 4);
  addDecodingOptions(command)
    .option('--json', 'print one object: the steps with token ids, probabilities and their logarithms')
    .addHelpText(
      'after',
      `
Tokens are chosen greedily unless an option says otherwise. Probabilities are the model's own: penalties, --top-k and the like
change which token is chosen, not what is shown.

Examples:
  $ colloquy inspect-tokens "The capital of France is"
  $ colloquy inspect-tokens --chat "What is the capital of France?" --top 8
  $ colloquy inspect-tokens "Once upon a" --temperature 1 --seed 7 --json | jq ".steps[].probability"`,
    )
    .action(async (argument: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<InspectOptions>();
      const context = await createCliContext(options);
      setExitCode(await inspect(argument, context, options));
    });
}

async function inspect(argument: string | undefined, context: CliContext, options: InspectOptions): Promise<number> {
  const { temperature, topK, topP, minP, seed: givenSeed } = options;
  const samples = [temperature, topK, topP, minP, givenSeed].some((value) => value !== undefined);
  const { decoding, seed } = decodingOf(samples ? options : { ...options, greedy: true });
  const text = await readText(argument, context.terminal);
  const prompt: Prompt = options.chat ? { type: 'chat', messages: [{ role: 'user', text }] } : { type: 'text', text };
  const signal = abortOnInterrupt();
  const needs = { text: !options.chat, logprobs: true, decoding };
  return withModel(context, options.model, { needs, signal }, async (model) => {
    const result = await model.generate(
      { prompt, maxOutputTokens: options.maxTokens, topLogprobs: options.top, decoding: plain(decoding, options) },
      { signal, onDelta: () => undefined },
    );
    print(context, model, { steps: stepsOf(result), result, seed, options });
    return result.finishReason === 'cancelled' ? 130 : 0;
  });
}

/** Applies no penalty by default, because it would choose tokens other than the most likely ones shown. */
function plain(decoding: Decoding, { repetitionPenalty = 1 }: InspectOptions): Decoding {
  return { ...decoding, repetitionPenalty };
}

function stepsOf({ logprobs = [] }: GenerateResult): Step[] {
  return logprobs.map(({ token, text, logprob, top }, index) => {
    const alternatives = top.map((one) => ({ ...one, probability: Math.exp(one.logprob) }));
    const told = alternatives.reduce((sum, { probability }) => sum + probability, 0);
    return {
      step: index + 1,
      token,
      text,
      probability: Math.exp(logprob),
      logprob,
      alternatives,
      restProbability: Math.max(0, 1 - told),
    };
  });
}

function print(
  { terminal }: CliContext,
  { modelId }: LanguageModel,
  found: {
    readonly steps: readonly Step[];
    readonly result: GenerateResult;
    readonly seed: number | undefined;
    readonly options: InspectOptions;
  },
): void {
  const { steps, result, seed, options } = found;
  const { text, finishReason, usage } = result;
  if (options.json) {
    terminal.print(JSON.stringify({ modelId, seed, text, finishReason, usage, steps }));
    return;
  }
  const rows = steps.map((step) => [
    String(step.step),
    JSON.stringify(step.text),
    percent(step.probability),
    step.alternatives
      .map((one) => `${mark(one, step)}${JSON.stringify(one.text)} ${percent(one.probability)}`)
      .join('  '),
    options.top === 0 ? '' : percent(step.restProbability),
  ]);
  const header = ['STEP', 'TOKEN', 'P', options.top === 0 ? '' : 'LIKELIEST', options.top === 0 ? '' : 'OTHERS'];
  for (const line of formatTable([header, ...rows])) terminal.print(line);
  terminal.note(`${modelId} · ${usage.inputTokens} tokens in, ${usage.outputTokens} out (${finishReason})`);
}

/** Marks the chosen token if it is not the most likely one. */
function mark({ token }: TokenLogprob, step: Step): string {
  return token === step.token ? '*' : '';
}

function percent(probability: number): string {
  return `${(probability * 100).toFixed(1)}%`;
}
