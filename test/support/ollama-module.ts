import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TemplateMessage } from '../../src/inference/ollama/go-template.js';

const run = promisify(execFile);

/** The version that `scripts/get-ollama.sh` builds. */
const MODULE = 'github.com/ollama/ollama@v0.6.5';

/** Renders by Ollama's own package `template`. It reads cases from a file, and prints a list of texts; an error is `{"error": …}`. */
const PROGRAM = `package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/template"
)

type one struct {
	Template string
	Messages []api.Message
}

func render(c one) (result any) {
	defer func() {
		if r := recover(); r != nil {
			result = map[string]string{"error": fmt.Sprint(r)}
		}
	}()
	t, err := template.Parse(c.Template)
	if err != nil {
		return map[string]string{"error": err.Error()}
	}
	var b bytes.Buffer
	if err := t.Execute(&b, template.Values{Messages: c.Messages}); err != nil {
		return map[string]string{"error": err.Error()}
	}
	return b.String()
}

func main() {
	bts, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	var cases []one
	if err := json.Unmarshal(bts, &cases); err != nil {
		panic(err)
	}
	results := []any{}
	for _, c := range cases {
		results = append(results, render(c))
	}
	out, _ := json.Marshal(results)
	fmt.Println(string(out))
}
`;

export interface OllamaModule {
  /** Of the list that Ollama ships, by name. */
  readonly templates: ReadonlyMap<string, string>;
  /** What Ollama's own code makes of each case: a text, or an error. */
  render(
    cases: readonly { readonly template: string; readonly messages: readonly TemplateMessage[] }[],
  ): Promise<readonly (string | { readonly error: string })[]>;
}

/** Ollama's Go module, fetched by Go. Undefined, with a printed reason, where there is no Go or no module. */
export async function ollamaModule(): Promise<OllamaModule | undefined> {
  try {
    const { stdout } = await run('go', ['mod', 'download', '-json', MODULE], { cwd: tmpdir() });
    const { Dir: folder } = JSON.parse(stdout) as { readonly Dir: string };
    const shelf = join(folder, 'template');
    const names = (await readdir(shelf)).filter((name) => name.endsWith('.gotmpl'));
    const texts = await Promise.all(
      names.map(async (name): Promise<[string, string]> => {
        const text = await readFile(join(shelf, name), 'utf8');
        return [name.replace('.gotmpl', ''), text.replaceAll('\r\n', '\n')];
      }),
    );
    return { templates: new Map(texts), render: (cases) => renderByGo(folder, cases) };
  } catch (error) {
    process.stderr.write(`skipped: Ollama's templates: ${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

async function renderByGo(folder: string, cases: Parameters<OllamaModule['render']>[0]) {
  const work = await mkdtemp(join(tmpdir(), 'colloquy-go-'));
  try {
    const [program, input] = [join(work, 'render.go'), join(work, 'cases.json')];
    await writeFile(program, PROGRAM);
    await writeFile(input, JSON.stringify(cases));
    // In the module's own folder, so that its own versions of all packages are used.
    const { stdout } = await run('go', ['run', program, input], { cwd: folder, maxBuffer: 2 ** 26 });
    return JSON.parse(stdout) as (string | { readonly error: string })[];
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
