import { z } from 'zod';
import { faultOfExpertName, type ExpertProfile } from '../domain/panel/expert.js';
import { faultOfPersona } from '../domain/session/user-message.js';
import type { FileFault } from './file-fault.js';
import { parseFrontMatter } from './front-matter.js';
import { checkYaml, type YamlSource } from './yaml-source.js';

/** An expert as described in its file. */
export interface ExpertFile {
  readonly profile: ExpertProfile;
  /** The name to show to people. Default: the name. */
  readonly title?: string;
  /** BCP 47 tag of the language of all its answers. Missing: it answers in the language of the question. */
  readonly language?: string;
  readonly file: string;
  /** Line number of the name. */
  readonly line: number;
}

/** Data from outside the file that it is checked against. */
export interface ExpertChecks {
  /** Names of the known tools. Missing: any name is accepted. */
  readonly toolNames?: readonly string[];
  /** The id of a model by the name given in the file. @throws an error that lists the known models. */
  readonly modelIdOf: (model: string) => string;
}

const MAX_RESPONSIBILITY_LENGTH = 300;

const number = (least: number, most: number) =>
  z.number(between(least, most)).min(least, between(least, most)).max(most, between(least, most));
const wholeNumber = (least: number, most: number) => number(least, most).int('give a whole number');
const names = z
  .array(z.string().min(1, 'give a name').max(200), 'give a list of names, e.g. [calculator, clock]')
  .max(50);

const decodingSchema = z.strictObject({
  temperature: number(0, 2).optional(),
  topK: wholeNumber(0, 1_000_000).optional(),
  topP: number(0, 1).optional(),
  minP: number(0, 1).optional(),
  seed: wholeNumber(0, 2 ** 32 - 1).optional(),
  repetitionPenalty: number(0.1, 10).optional(),
  repetitionWindow: wholeNumber(0, 1_000_000).optional(),
  repetitionLimit: wholeNumber(0, 1_000_000).optional(),
  dryMultiplier: number(0, 10).optional(),
  dryBase: number(1, 10).optional(),
  dryAllowedLength: wholeNumber(0, 1_000_000).optional(),
  dryWindow: wholeNumber(0, 1_000_000).optional(),
});

/** Schema of a valid expert name. */
export function expertName() {
  return z.string('give a name, e.g. tax-expert').superRefine((name, context) => {
    const fault = faultOfExpertName(name);
    if (fault !== undefined) context.addIssue(fault);
  });
}

/** Keys in the front matter of an expert. */
const frontMatterSchema = z.strictObject({
  name: expertName(),
  title: z
    .string('give a short text')
    .trim()
    .min(1, 'give a short text')
    .max(80, 'give at most 80 characters')
    .optional(),
  responsibility: z
    .string('give a sentence')
    .trim()
    .min(1, 'give a sentence')
    .max(MAX_RESPONSIBILITY_LENGTH, `give at most ${MAX_RESPONSIBILITY_LENGTH} characters`),
  language: z.string('give a language tag, e.g. zh').refine(isLanguage, 'give a language tag, e.g. zh').optional(),
  model: z.string('give a model, see "colloquy models list"').min(1, 'give a model').optional(),
  tools: names.optional(),
  knowledgeBases: names.optional(),
  /** Time limit for one answer, in seconds. */
  timeout: number(1, 3600).optional(),
  maxAttempts: wholeNumber(1, 20).optional(),
  decoding: decodingSchema.optional(),
});

/** Parses the text of an expert's file, or returns all its faults. */
export function parseExpert(
  file: string,
  text: string,
  checks: ExpertChecks,
): ExpertFile | { readonly faults: readonly FileFault[] } {
  const parts = parseFrontMatter(file, text);
  if ('faults' in parts) return parts;
  const { source, body, bodyLine } = parts;
  const faultOfBody =
    body === '' ? 'The persona is missing: write below the front matter who the expert is.' : faultOfPersona(body);
  const bodyFaults = faultOfBody === undefined ? [] : [{ file, line: bodyLine, message: faultOfBody }];
  const checked = checkYaml(source, frontMatterSchema);
  if ('faults' in checked) return { faults: [...checked.faults, ...bodyFaults] };

  const { language, title, model, timeout, ...rest } = checked.data;
  const found = findModel(source, model, checks);
  const faults = [...toolFaults(source, rest.tools, checks), ...found.faults, ...bodyFaults];
  if (faults.length > 0) return { faults };
  return {
    file,
    line: source.lineOf(['name']),
    ...(language !== undefined && { language }),
    ...(title !== undefined && { title }),
    profile: {
      ...rest,
      persona: language === undefined ? body : `${body}\n\nAlways answer in ${languageName(language)}.`,
      ...(found.modelId !== undefined && { modelId: found.modelId }),
      ...(timeout !== undefined && { timeoutSeconds: timeout }),
    },
  };
}

function findModel(
  { file, lineOf }: YamlSource,
  model: string | undefined,
  { modelIdOf }: ExpertChecks,
): { readonly modelId?: string; readonly faults: readonly FileFault[] } {
  if (model === undefined) return { faults: [] };
  try {
    return { modelId: modelIdOf(model), faults: [] };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { faults: [{ file, line: lineOf(['model']), message }] };
  }
}

function toolFaults(
  { file, lineOf }: YamlSource,
  tools: readonly string[] = [],
  { toolNames }: ExpertChecks,
): FileFault[] {
  if (toolNames === undefined) return [];
  return tools.flatMap((tool, index) =>
    toolNames.includes(tool)
      ? []
      : [
          {
            file,
            line: lineOf(['tools', index]),
            message: `There is no tool "${tool}". Known: ${toolNames.join(', ') || 'none'}. COLLOQUY_TOOLS adds others.`,
          },
        ],
  );
}

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}

function languageName(tag: string): string {
  return new Intl.DisplayNames('en', { type: 'language' }).of(tag) ?? tag;
}

function between(least: number, most: number): string {
  return `give a number from ${least} to ${most}`;
}
