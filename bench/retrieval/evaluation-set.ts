import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const passageSchema = z.object({
  id: z.string(),
  title: z.string(),
  text: z.string(),
  /** The document that it is from. */
  source: z.string(),
});

const questionSchema = z.object({
  id: z.string(),
  /** `cross`: asked in English, answered in Chinese. */
  set: z.enum(['en', 'zh', 'cross']),
  question: z.string(),
  /** Ids of passages that answer it. */
  relevant: z.array(z.string()).min(1),
});

const elsewhereSchema = z.object({
  id: z.string(),
  set: z.enum(['en', 'zh']),
  /** On a subject like those of the passages. */
  near: z.boolean(),
  question: z.string(),
});

export type Passage = z.infer<typeof passageSchema>;
export type Question = z.infer<typeof questionSchema>;
export type Language = 'en' | 'zh';
export type QuestionSet = Question['set'];

export interface EvaluationSet {
  readonly passages: readonly Passage[];
  readonly questions: readonly Question[];
}

export function languageOf({ id }: Passage): Language {
  return id.startsWith('zh-') ? 'zh' : 'en';
}

/** What is indexed of a passage: its heading belongs to it, as those of chunks do. */
export function indexedText({ title, text }: Passage): string {
  return `${title}\n${text}`;
}

/** The set in `bench/retrieval/data`, whose README says where it is from. */
export async function readEvaluationSet(): Promise<EvaluationSet> {
  const [passages, questions] = await Promise.all([
    readLines('passages.jsonl', passageSchema),
    readLines('questions.jsonl', questionSchema),
  ]);
  return { passages, questions };
}

/** Passages by the document that they are from, in their order. */
export function documentsOf(passages: readonly Passage[]): ReadonlyMap<string, readonly Passage[]> {
  const documents = new Map<string, Passage[]>();
  for (const passage of passages) documents.set(passage.source, [...(documents.get(passage.source) ?? []), passage]);
  return documents;
}

/** Why a question has or lacks an answer: of the last three, passages tell of its subject, of one like it, or of nothing like it. */
const kindSchema = z.enum(['answered', 'same product', 'near', 'elsewhere']);

const groundingSchema = z.object({
  id: z.string(),
  set: z.enum(['en', 'zh']),
  kind: kindSchema,
  half: z.enum(['tuning', 'held out']),
  question: z.string(),
});

export interface JudgedQuestion {
  readonly set: QuestionSet;
  readonly kind: z.infer<typeof kindSchema>;
  readonly question: string;
  /** The rule for weak hits was not fitted on it. */
  readonly isHeldOut: boolean;
}

/** Questions that passages answer, and others that none does. Of each of the two older files, every second one is held out. */
export async function readJudgedQuestions(questions: readonly Question[]): Promise<JudgedQuestion[]> {
  const [elsewhere, more] = await Promise.all([
    readLines('elsewhere.jsonl', elsewhereSchema),
    readLines('grounding.jsonl', groundingSchema),
  ]);
  return [
    ...questions.map(({ set, question }, index) => ({
      set,
      kind: 'answered' as const,
      question,
      isHeldOut: index % 2 === 1,
    })),
    ...elsewhere.map(({ set, near, question }, index) => ({
      set,
      kind: near ? ('near' as const) : ('elsewhere' as const),
      question,
      isHeldOut: index % 2 === 1,
    })),
    ...more.map(({ half, ...rest }) => ({ ...rest, isHeldOut: half === 'held out' })),
  ];
}

/** A part of it to see that all runs: every eighth question, their passages, and every eighth of the others. */
export function quickPart({ passages, questions }: EvaluationSet): EvaluationSet {
  const few = questions.filter((_, index) => index % 8 === 0);
  const needed = new Set(few.flatMap(({ relevant }) => relevant));
  return { questions: few, passages: passages.filter(({ id }, index) => index % 8 === 0 || needed.has(id)) };
}

async function readLines<T>(name: string, schema: z.ZodType<T>): Promise<T[]> {
  const lines = (await readFile(dataFile(name), 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => schema.parse(JSON.parse(line)));
}

/** Data is not compiled: it stays beside the sources, three folders up from what is built of this file. */
function dataFile(name: string): string {
  const built = new URL(`../../../bench/retrieval/data/${name}`, import.meta.url);
  const beside = new URL(`./data/${name}`, import.meta.url);
  return fileURLToPath(import.meta.url.includes('/dist-bench/') ? built : beside);
}
