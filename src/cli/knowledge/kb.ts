import { Option } from 'commander';
import type { Command } from 'commander';
import { describeIngestion } from '../../domain/knowledge/ingestion.js';
import type { ColloquyClient } from '../../client/colloquy-client.js';
import { shownName } from '../../domain/knowledge/document-name.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { ConnectedContext, GlobalOptions } from '../context.js';
import { abortOnInterrupt } from '../interrupt.js';
import { onceDatabaseAnswers } from './once-database-answers.js';
import { wholeNumber } from '../option-parsers.js';
import { formatTable, printable } from '../terminal.js';
import { addKbSearchCommand } from './kb-search.js';
import { absolute, addPair, withKnowledge } from './kb-shared.js';
import type { JsonOption } from './kb-shared.js';

export function addKbCommand(program: Command, setExitCode: (code: number) => void): void {
  const kb = program
    .command('kb')
    .description('Knowledge bases: documents that you can search, and that answers can use as sources.')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy kb create docs
  $ colloquy kb add docs README.md ./manuals "papers/**/*.pdf" https://example.org/page
  $ colloquy kb search docs "how are sessions archived?"
  $ colloquy kb search docs "会话如何归档" --stages lexical,vector`,
    );
  addCreate(kb);
  addAdd(kb, setExitCode);
  addList(kb);
  addKbSearchCommand(kb);
  addRemove(kb);
  addCancel(kb);
}

function addCreate(kb: Command): void {
  kb.command('create')
    .description('Create a knowledge base for the configured embedding model (COLLOQUY_EMBEDDING_MODEL).')
    .argument('<name>', 'lower-case letters, digits and "-"')
    .option(
      '--no-vectors',
      'search documents by their words only; for very large texts, because ingestion is many times faster',
    )
    .option('--chunk-tokens <count>', 'maximum number of tokens in a chunk (default: 256)', wholeNumber(16, 8_192))
    .option(
      '--overlap-tokens <count>',
      'tokens that a chunk repeats from the previous one (default: 32)',
      wholeNumber(0, 4_096),
    )
    .option('--json', 'print the knowledge base as JSON')
    .addHelpText('after', '\nExamples:\n  $ colloquy kb create docs\n  $ colloquy kb create logs --no-vectors')
    .action(async (name: string, _options, command: Command) => {
      const options = command.optsWithGlobals<
        JsonOption & { readonly vectors: boolean; readonly chunkTokens?: number; readonly overlapTokens?: number }
      >();
      await withKnowledge(options, async ({ client, terminal }) => {
        const { vectors, chunkTokens, overlapTokens } = options;
        const { created, knowledgeBase } = await onceDatabaseAnswers(terminal, () =>
          client.knowledge.create(name, { vectors, chunkTokens, overlapTokens }),
        );
        if (options.json) return terminal.print(JSON.stringify({ created, ...knowledgeBase }));
        const how =
          knowledgeBase.dimensions === 0
            ? 'without vectors'
            : `for ${printable(knowledgeBase.embeddingModelId)}, ${knowledgeBase.dimensions} dimensions`;
        terminal.note(
          created
            ? `Created ${name}, ${how}. Add documents: colloquy kb add ${name} FILES`
            : `${name} exists already, ${how}.`,
        );
      });
    });
}

function addAdd(kb: Command, setExitCode: (code: number) => void): void {
  kb.command('add')
    .description('Read files, folders, globs and URLs into a knowledge base. Unchanged documents are only checked.')
    .argument('<name>')
    .argument(
      '<sources...>',
      'text, Markdown, HTML, PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, EPUB, EML, CSV, JSON, code; the worker must see them at the same paths',
    )
    .addOption(
      new Option('--meta <key=value>', 'stored with each document, as a filter for searches; may be repeated')
        .argParser(addPair)
        .default({}, 'none'),
    )
    .option('--detach', 'return at once, without waiting for the end')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy kb add docs README.md docs/
  $ colloquy kb add papers "~/papers/**/*.pdf" --meta project=moon
  $ colloquy kb add docs https://example.org/manual.html --json

Again with the same sources: nothing is done twice, what changed is replaced, and what is gone from the folders goes. Ctrl-C
leaves it running; the same command shows it again, and "colloquy kb cancel NAME" stops it. The exit code is 1 when a document could
not be read.`,
    )
    .action(async (name: string, sources: readonly string[], _options, command: Command) => {
      const options = command.optsWithGlobals<
        JsonOption & { readonly meta: Readonly<Record<string, string>>; readonly detach?: boolean }
      >();
      await withKnowledge(options, async (context) => setExitCode(await add(context, name, sources, options)));
    });
}

async function add(
  { client, terminal }: ConnectedContext,
  name: string,
  sources: readonly string[],
  options: JsonOption & { readonly meta: Readonly<Record<string, string>>; readonly detach?: boolean },
): Promise<number> {
  const ingestion = await client.knowledge.ingest({
    knowledgeBase: name,
    sources: sources.map(absolute),
    ...(Object.keys(options.meta).length > 0 && { metadata: options.meta }),
  });
  if (ingestion.wasRunning) terminal.note('These sources are already being read. The progress:');
  if (options.detach) {
    if (options.json) terminal.print(JSON.stringify({ workflowId: ingestion.workflowId }));
    else terminal.note(`Started: ${ingestion.workflowId}. Run the same command to see the progress.`);
    return 0;
  }
  const signal = abortOnInterrupt();
  const { watchIngestion } = await import('./watch-ingestion.js');
  await watchIngestion(ingestion, { terminal, signal, isQuiet: options.json === true });
  if (signal.aborted) {
    terminal.note(
      `The ingestion continues in the background. Run the same command to see it again; "colloquy kb cancel ${name}" stops it.`,
    );
    return 130;
  }
  const result = await ingestion.result();
  if (result === undefined) {
    throw new CliError(
      'The ingestion was cancelled. Documents that were read completely are in the knowledge base; run the same command to continue.',
    );
  }
  const untold = result.documents.failed - result.faults.length;
  if (untold > 0) terminal.note(`not read: ${untold} more; the Temporal UI shows why (${ingestion.workflowId})`);
  if (options.json) terminal.print(JSON.stringify(result));
  else terminal.print(describeIngestion(result));
  return result.documents.failed > 0 ? 1 : 0;
}

function addList(kb: Command): void {
  kb.command('list')
    .description('List knowledge bases, or the documents of one.')
    .argument('[name]')
    .option('--prefix <uri>', 'only documents whose URI starts with this')
    .option('-n, --limit <count>', 'maximum number of documents', wholeNumber(1, 1_000), 1_000)
    .option('--json', 'print an array')
    .addHelpText('after', '\nExamples:\n  $ colloquy kb list\n  $ colloquy kb list docs --prefix /srv/manuals --json')
    .action(async (name: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<JsonOption & { readonly prefix?: string; readonly limit: number }>();
      await withKnowledge(options, (context) =>
        name === undefined ? listBases(context, options) : listDocuments(context, name, options),
      );
    });
}

async function listBases({ client, terminal }: ConnectedContext, { json }: JsonOption): Promise<void> {
  const bases = await client.knowledge.list();
  if (json) return terminal.print(JSON.stringify(bases));
  if (bases.length === 0) return terminal.note('There are no knowledge bases yet. Create one: colloquy kb create NAME');
  const rows = bases.map(({ name, documents, chunks, embeddingModelId, dimensions }) => [
    name,
    String(documents),
    String(chunks),
    dimensions === 0 ? '(words alone)' : printable(embeddingModelId),
  ]);
  for (const line of formatTable([['NAME', 'DOCUMENTS', 'CHUNKS', 'EMBEDDING MODEL'], ...rows])) terminal.print(line);
}

async function listDocuments(
  { client, terminal }: ConnectedContext,
  name: string,
  { json, prefix, limit }: JsonOption & { readonly prefix?: string; readonly limit: number },
): Promise<void> {
  const documents = await client.knowledge.documents(name, {
    limit,
    ...(prefix !== undefined && { uriPrefix: prefix }),
  });
  if (json) return terminal.print(JSON.stringify(documents));
  if (documents.length === 0)
    return terminal.note(`The knowledge base is empty. Add documents: colloquy kb add ${name} FILES`);
  const rows = documents.map(({ uri, name: documentName, title, chunks, mediaType, publishedAt }) => [
    String(chunks),
    mediaType,
    publishedAt.slice(0, 16).replace('T', ' '),
    printable(shownName({ uri, name: documentName })),
    printable(title),
  ]);
  const header = ['CHUNKS', 'TYPE', 'ADDED (UTC)', 'NAME', 'TITLE'];
  for (const line of formatTable([header, ...rows])) terminal.print(line);
  if (documents.length === limit) terminal.note(`Only the first ${limit} are shown.`);
}

function addRemove(kb: Command): void {
  kb.command('remove')
    .description('Remove a document, or a knowledge base with all its documents.')
    .argument('<name>')
    .option('--source <document>', 'only this document: its path, its URL, or its name in "colloquy kb list"')
    .option('--json', 'print what was done as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy kb remove docs --source ./manuals/old.pdf\n  $ colloquy kb remove docs',
    )
    .action(async (name: string, _options, command: Command) => {
      const options = command.optsWithGlobals<JsonOption & { readonly source?: string }>();
      await withKnowledge(options, async ({ client, terminal }) => {
        const { source, json } = options;
        const isDone =
          source === undefined
            ? (await client.knowledge.delete(name)).deleted
            : await removeDocument(client, name, source);
        if (json) return terminal.print(JSON.stringify({ removed: isDone }));
        const what = source ?? `knowledge base ${name}`;
        if (!isDone) throw new CliError(`"colloquy kb list" does not show any ${what}.`);
        terminal.note(`Removed ${printable(what)}.`);
      });
    });
}

function addCancel(kb: Command): void {
  kb.command('cancel')
    .description('Stop the ingestion into a knowledge base. Documents that were read completely stay.')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ colloquy kb cancel docs')
    .action(async (name: string, _options, command: Command) => {
      await withClient(
        await createCliContext(command.optsWithGlobals<GlobalOptions>()),
        async ({ client, terminal }) => {
          const ingestions = await client.knowledge.ingestions(name);
          for (const ingestion of ingestions) await ingestion.cancel();
          terminal.note(ingestions.length === 0 ? `Nothing is being read into ${name}.` : 'Stopped.');
        },
      );
    });
}

/** Finds a document by its path or URL, or else by its name if that is unique. */
async function removeDocument(client: ColloquyClient, base: string, source: string): Promise<boolean> {
  if ((await client.knowledge.removeDocument(base, absolute(source))).removed) return true;
  const named = (await client.knowledge.documents(base)).filter((document) => shownName(document) === source);
  const [only] = named;
  if (named.length > 1) {
    throw new CliError(
      `${named.length} documents are named "${source}". Give the path of one; "kb list --json" shows the paths.`,
    );
  }
  return only !== undefined && (await client.knowledge.removeDocument(base, only.uri)).removed;
}
