import { Option, type Command } from 'commander';
import type { FinishReason } from '../../domain/session/conversation.js';
import type { BeamSearchResult, GenerateResult, LanguageModel } from '../../inference/language-model.js';
import { CliError } from '../cli-error.js';
import { createCliContext, type CliContext, type GlobalOptions } from '../context.js';
import { addDecodingOptions, decodingOf, type DecodingOptions } from '../session/decoding-options.js';
import { abortOnInterrupt } from '../interrupt.js';
import { decimal, textList, wholeNumber } from '../option-parsers.js';
import { readText } from '../read-text.js';
import { printable } from '../terminal.js';
import { withModel } from './with-model.js';

interface CompleteOptions extends GlobalOptions, DecodingOptions {
  readonly model?: string;
  readonly maxTokens: number;
  readonly stop?: readonly string[];
  readonly timeout?: number;
  /** Beam width. Default: `USUAL_WIDTH`. */
  readonly beam?: number;
  readonly best?: number;
  readonly lengthPenalty?: number;
  readonly json?: boolean;
}

const USUAL_WIDTH = 4;

export function addCompleteCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('complete')
    .description('Continue a text with a model on this machine, without a server. Prints only the continuation.')
    .argument('[text]', 'beginning of the text; "-" or no argument reads standard input')
    .option(
      '-m, --model <model>',
      'id from "colloquy models list", base models included, path of a GGUF file, ollama:NAME or openai:NAME',
    )
    .option('-n, --max-tokens <n>', 'maximum number of tokens to write', wholeNumber(1), 128)
    .option('--stop <text>', 'end before this text; may be repeated', textList)
    .option('--timeout <seconds>', 'end after this time', decimal(0.001, 1e6));
  addDecodingOptions(command)
    .addOption(
      new Option('--beam [width]', `search for the likeliest continuation (default width: ${USUAL_WIDTH})`)
        .argParser(wholeNumber(1, 32))
        .preset(String(USUAL_WIDTH)),
    )
    .option('--best <n>', 'with --beam: print the n best, with their log-probabilities', wholeNumber(1, 32))
    .option('--length-penalty <n>', 'with --beam: 0 favours short ones (default: 1)', decimal(0, 5))
    .option('--json', 'print one object: text, finish reason, usage')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy complete "Once upon a time"
  $ colloquy complete "The capital of France is" --greedy --max-tokens 8
  $ colloquy complete "The law says that" --beam 4 --best 3 --max-tokens 12
  $ colloquy complete --model ./my-model.gguf --seed 7 --json < beginning.txt`,
    )
    .action(async (argument: string | undefined, _options, self: Command) => {
      const options = self.optsWithGlobals<CompleteOptions>();
      const context = await createCliContext(options);
      setExitCode(await complete(argument, context, options));
    });
}

async function complete(argument: string | undefined, context: CliContext, options: CompleteOptions): Promise<number> {
  refuseContradictions(options);
  const { decoding, seed } = decodingOf(options);
  const { beam } = options;
  const text = await readText(argument, context.terminal);
  const signal = abortOnInterrupt();
  const needs = { text: true, ...(beam === undefined ? { decoding } : { beamSearch: true }) };
  return withModel(context, options.model, { needs, signal }, async (model) => {
    const reason =
      beam === undefined
        ? await write(model, text, { ...options, decoding, seed, signal, context })
        : await search(model, text, { ...options, width: beam, signal, context });
    return reason === 'cancelled' ? 130 : 0;
  });
}

type Request<T> = Omit<CompleteOptions, 'beam'> & T & { readonly signal: AbortSignal; readonly context: CliContext };

async function write(
  model: LanguageModel,
  text: string,
  options: Request<ReturnType<typeof decodingOf>>,
): Promise<FinishReason> {
  const { terminal } = options.context;
  const { decoding, seed, signal, json } = options;
  const result = await model.generate(
    { ...requestOf(text, options), decoding },
    {
      signal,
      onDelta: (delta) => (json || delta.part === 'thinking' ? undefined : terminal.write(printable(delta.text))),
    },
  );
  if (json) {
    terminal.print(JSON.stringify({ modelId: model.modelId, seed, ...result }));
  } else {
    terminal.write(result.text.endsWith('\n') ? '' : '\n');
    terminal.note(summary(model, result, seed));
  }
  return result.finishReason;
}

function summary(
  { modelId }: LanguageModel,
  { usage, finishReason, tokensPerSecond }: GenerateResult,
  seed: number | undefined,
) {
  const speed = tokensPerSecond > 0 ? `, ${tokensPerSecond.toFixed(0)} token/s` : '';
  return `${modelId} · ${usage.outputTokens} tokens (${finishReason})${speed}${seed === undefined ? '' : ` · seed ${seed}`}`;
}

async function search(
  model: LanguageModel,
  text: string,
  options: Request<{ readonly width: number }>,
): Promise<FinishReason | undefined> {
  const { terminal } = options.context;
  const { width, best = 1, lengthPenalty, signal, json } = options;
  const result = await model.beamSearch(
    { ...requestOf(text, options), width, best, lengthPenalty },
    { signal, onStep: ({ done, total }) => terminal.status(`searching: ${done} of at most ${total} tokens`) },
  );
  terminal.status(undefined);
  if (json) terminal.print(JSON.stringify({ modelId: model.modelId, ...result }));
  else printBeams(result, best, options.context);
  return result.beams[0]?.finishReason;
}

function printBeams({ beams }: BeamSearchResult, best: number, { terminal }: CliContext): void {
  for (const beam of beams) {
    const logprob = `${beam.logprob.toFixed(3)} (${beam.score.toFixed(3)})`;
    terminal.print(best === 1 ? printable(beam.text) : `${logprob}  ${JSON.stringify(beam.text)}`);
    if (best === 1) terminal.note(`log-probability ${logprob}, ${beam.finishReason}`);
  }
}

function requestOf(text: string, { maxTokens, stop, timeout }: Omit<CompleteOptions, 'beam'>) {
  return {
    prompt: { type: 'text' as const, text },
    maxOutputTokens: maxTokens,
    stop,
    timeoutMs: timeout === undefined ? undefined : timeout * 1000,
  };
}

/** @throws {CliError} */
function refuseContradictions({ beam, best, lengthPenalty, ...options }: CompleteOptions): void {
  if (beam === undefined) {
    if (best !== undefined || lengthPenalty !== undefined) {
      throw new CliError('--best and --length-penalty need --beam.');
    }
    return;
  }
  if (best !== undefined && best > beam) {
    throw new CliError(`--best ${best} is more than the beam width ${beam}: increase --beam.`);
  }
  const { greedy, temperature, topK, topP, minP, seed, repetitionPenalty } = options;
  const chance = [greedy, temperature, topK, topP, minP, seed, repetitionPenalty].some((value) => value !== undefined);
  if (chance)
    throw new CliError('--beam searches for the most likely text, so it cannot be combined with sampling options.');
}
