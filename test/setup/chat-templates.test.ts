import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { chatVariables, type ChatPrompt } from '../../src/inference/chat-template/chat-variables.js';
import { TemplateError } from '../../src/inference/chat-template/jinja/template-error.js';
import { openChatTemplate } from '../../src/inference/chat-template/open-chat-template.js';
import { compileTemplate } from '../../src/inference/chat-template/render-template.js';
import { takeLlamaCppFiles } from '../support/llama-cpp-files.js';
import { resolveHome } from '../../src/artefacts/home.js';
import { createTemporaryFolder } from './temporary-folder.js';

const jinja2 = join(resolveHome(process.env), 'tools', 'jinja2-3.1.6');
if (!existsSync(jinja2)) process.stderr.write('skipped: templates against jinja2: run scripts/get-jinja2.sh\n');

/** Python's clock and ours, in local time. */
const NOW = '2026-11-28T09:05:07';
const MARKS = { bos_token: '<s>', eos_token: '</s>' };

const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The "weather" in a city <ü>, today',
      parameters: {
        type: 'object',
        properties: {
          city: { type: 'string', description: 'Its name' },
          days: { type: 'integer', minimum: 1 },
          items: { type: 'array', items: { type: 'string' } },
          units: { type: 'string', enum: ['C', 'F'], default: 'C' },
        },
        required: ['city'],
      },
    },
  },
];

const CONVERSATIONS: Readonly<Record<string, ChatPrompt>> = {
  plain: {
    type: 'chat',
    messages: [
      { role: 'user', text: ' Hi & <b> ünï🙂\u0085' },
      { role: 'assistant', text: '\n\nHello.\n' },
      { role: 'user', text: ' Who are\nyou? \ufeff' },
    ],
  },
  persona: {
    type: 'chat',
    persona: 'You are a pirate.\n',
    messages: [
      { role: 'user', text: 'Hi' },
      { role: 'assistant', text: 'Aye,\n' },
      { role: 'user', text: '"Name?"' },
    ],
  },
  'thought in a past turn': {
    type: 'chat',
    messages: [
      { role: 'user', text: '2+2?' },
      { role: 'assistant', text: '\n4.', thinking: '\n  Easy: 4. \n' },
      { role: 'user', text: '3+3?' },
    ],
  },
  tools: { type: 'chat', messages: [{ role: 'user', text: 'Weather in Rome?' }] },
};

/** What is not rendered, and why: Python's Jinja fails on the same, with the variables that a chat gives. */
const REFUSED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    Object.keys(CONVERSATIONS).map((conversation) => [
      `fireworks-ai-llama-3-firefunction-v2, ${conversation}`,
      "it joins texts with the variables `functions` and `datetime`, which only its maker's server gives",
    ]),
  ),
  'CohereForAI-c4ai-command-r-plus-tool_use, tools': 'it wants tools in a form of its own (`tool.description`)',
  'llama-cpp-deepseek-r1, tools': 'it asks for the JSON of a generator, which has none',
};

interface Job {
  readonly name: string;
  readonly template: string;
  readonly conversation: string;
  readonly variables: Readonly<Record<string, unknown>>;
}
type Rendered = { readonly text: string } | { readonly error: string };

describe.skipIf(!existsSync(jinja2))("llama.cpp's chat templates against Python's jinja2", { timeout: 170_000 }, () => {
  const templates = new Map<string, string>();

  beforeAll(async () => {
    await using folder = await createTemporaryFolder();
    const files = join(await takeLlamaCppFiles(folder.path, ['models/templates']), 'models', 'templates');
    for (const file of await readdir(files)) {
      if (file.endsWith('.jinja')) templates.set(file.slice(0, -6), await readFile(join(files, file), 'utf8'));
    }
  });

  it('are the same letter for letter, or refused with a reason', async () => {
    const jobs = [...templates].flatMap(([name, template]) => jobsOf(name, template));
    const expected = await withPython(jobs);
    const different: string[] = [];
    const refused: string[] = [];
    let equal = 0;
    for (const [index, { name, conversation, template, variables }] of jobs.entries()) {
      const [ours, python] = [render(template, variables), expected[index]];
      if ('text' in ours && python !== undefined && 'text' in python && ours.text === python.text) equal += 1;
      else if ('error' in ours && python !== undefined && 'error' in python) refused.push(`${name}, ${conversation}`);
      else different.push(`${name}, ${conversation}: ${JSON.stringify(ours).slice(0, 200)}`);
    }
    process.stdout.write(
      `chat templates: ${templates.size}, conversations: ${jobs.length}, the same: ${equal}, refused: ${refused.length}, different: ${different.length}\n`,
    );
    expect(templates.size).toBeGreaterThan(60);
    expect(different).toEqual([]);
    expect(refused.toSorted()).toEqual(Object.keys(REFUSED).toSorted());
    expect(equal / jobs.length).toBeGreaterThanOrEqual(0.95);
  });

  it('open, but for those that Python cannot render either', () => {
    const failures = [...templates].flatMap(([name, template]) => {
      try {
        openChatTemplate(template, { specialTokens: MARKS });
        return [];
      } catch (error) {
        return error instanceof TemplateError ? [`${name}, line ${error.line}: ${error.message}`] : [String(error)];
      }
    });
    expect(failures.map((failure) => failure.split(',')[0])).toEqual(['fireworks-ai-llama-3-firefunction-v2']);
    expect(failures[0]).toMatch(/line \d+: .*undefined/iu);
  });
});

/** What our engine gives its templates: their shape is what it finds out when it opens them. */
function jobsOf(name: string, template: string): readonly Job[] {
  const shape = shapeOf(template);
  return Object.entries(CONVERSATIONS).map(([conversation, prompt]) => ({
    name,
    template,
    conversation,
    variables: {
      ...MARKS,
      ...chatVariables(prompt, shape, template),
      ...(conversation === 'tools' && { tools: TOOLS }),
    },
  }));
}

function shapeOf(template: string): Parameters<typeof chatVariables>[1] {
  try {
    return openChatTemplate(template, { specialTokens: MARKS }).shape;
  } catch {
    return { content: 'text', tools: 'none', persona: 'system', joinsRoles: false, dropsEmptyAnswers: false };
  }
}

function render(template: string, variables: Readonly<Record<string, unknown>>): Rendered {
  try {
    return { text: compileTemplate(template)(variables, { now: new Date(NOW) }) };
  } catch (error) {
    if (error instanceof TemplateError) return { error: `line ${error.line}: ${error.message}` };
    throw error;
  }
}

function withPython(jobs: readonly Job[]): Promise<readonly Rendered[]> {
  const program = fileURLToPath(new URL('render-with-jinja2.py', import.meta.url));
  return new Promise((resolve, reject) => {
    const python = execFile(
      'python3',
      [program, NOW],
      { env: { ...process.env, PYTHONPATH: jinja2 }, maxBuffer: 2 ** 28 },
      (error, stdout) => (error ? reject(error) : resolve(JSON.parse(stdout) as readonly Rendered[])),
    );
    python.stdin?.end(JSON.stringify(jobs));
  });
}
