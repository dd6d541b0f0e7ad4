import { describe, expect, it } from 'vitest';
import { parseChatTemplate, type TemplateMessage } from '../../src/inference/ollama/go-template.js';
import { TemplateSyntaxError } from '../../src/inference/ollama/go-template-syntax.js';
import { ollamaModule } from '../support/ollama-module.js';

const go = await ollamaModule();

const CONVERSATIONS: Readonly<Record<string, readonly TemplateMessage[]>> = {
  plain: [
    { role: 'user', content: '  Hi!\n' },
    { role: 'assistant', content: 'Hello. {{ .System }} <b>' },
    { role: 'user', content: 'Ça va? 🙂' },
  ],
  persona: [
    { role: 'system', content: 'You are kind.' },
    { role: 'user', content: 'One.' },
    { role: 'assistant', content: 'Two.' },
    { role: 'user', content: 'Three.' },
  ],
  'thought in a past turn': [
    { role: 'system', content: 'You are kind.' },
    { role: 'user', content: 'One.' },
    { role: 'assistant', content: 'Two.', thinking: 'They count.' },
    { role: 'user', content: 'Three.' },
  ],
  // Colloquy tells of tools in the persona, and of their results in the message: a template's own words for tools are not used.
  tools: [
    { role: 'system', content: 'You are kind.\n\nTools: add {"a":1} <x> & "y"' },
    { role: 'user', content: 'One.\n\nResults of tools:\nadd → 2' },
  ],
  'an answer that goes on': [
    { role: 'user', content: 'One.' },
    { role: 'assistant', content: 'Two, and' },
  ],
  'messages of one role in a row': [
    { role: 'system', content: 'A' },
    { role: 'system', content: 'B' },
    { role: 'user', content: 'One.' },
    { role: 'user', content: 'Two.' },
  ],
};

/** Not of the list: forms of the language that other templates use. */
const OTHERS: Readonly<Record<string, string>> = {
  'only a prompt': '{{ .Prompt }}',
  'a condition on the answer':
    '{{ if .System }}S:{{ .System }} {{ end }}U:{{ .Prompt }} {{ if .Response }}A:{{ .Response }}{{ end }}|',
  'an answer in a pipe': 'U:{{ .Prompt }} {{ .Response | printf "<%s>" }} end',
  'an answer in the middle': '{{ if .Prompt }}U:{{ .Prompt }} A:{{ .Response }} after{{ end }} tail {{ .Prompt }}',
  'a name without a value': '{{ .Suffix }}{{ range .Messages }}{{ .Content }}{{ end }}',
  'numbers and lists':
    '{{ range $i, $m := .Messages }}{{ $i }}/{{ len $.Messages }}:{{ len .Content }}{{ if eq $i 0 }} first{{ end }} {{ slice .Content 0 1 }};{{ else }}none{{ end }}',
  'an else of a with':
    '{{ with .Tools }}T{{ else with .System }}S={{ . }}{{ else }}none{{ end }}{{ range .Messages }}{{ .Content }}{{ end }}',
  JSON: '{{ range .Messages }}{{ json .Content }}{{ end }}',
  'the last one':
    '{{ $last := index .Messages 0 }}{{ range .Messages }}{{ $last = . }}{{ end }}{{ $last.Content }}|{{ (index .Messages 0).Role }}',
};

describe.skipIf(go === undefined)("the list that Ollama's module ships, and others", { timeout: 180_000 }, () => {
  it('are rendered to the letter as Go does, or refused with the reason', async () => {
    const templates = [...(go?.templates ?? []), ...Object.entries(OTHERS)];
    const cases = templates.flatMap(([name, template]) =>
      Object.entries(CONVERSATIONS).map(([conversation, messages]) => ({ name, template, conversation, messages })),
    );
    const expected = (await go?.render(cases)) ?? [];
    expect(go?.templates.size).toBeGreaterThanOrEqual(20);
    const refused: string[] = [];
    const different = cases.flatMap(({ name, template, conversation, messages }, index) => {
      const byGo = expected[index];
      try {
        const ours = parseChatTemplate(template).render(messages);
        return ours === byGo ? [] : [{ name, conversation, ours, byGo }];
      } catch (error) {
        if (!(error instanceof TemplateSyntaxError)) throw error;
        refused.push(`${name}, ${conversation}: ${error.message}`);
        return [];
      }
    });
    expect(different).toEqual([]);
    expect(refused).toEqual([]);
  });
});
