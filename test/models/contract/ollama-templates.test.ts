import { Ollama } from 'ollama';
import { afterAll, describe, expect, it } from 'vitest';
import { openOllamaModel } from '../../../src/inference/ollama/ollama-model.js';
import { parseChatTemplate, type TemplateMessage } from '../../../src/inference/ollama/go-template.js';
import { chatModelFile } from '../model-file.js';
import { CONTEXT_TOKENS, startOllama } from '../../support/ollama-server.js';

const modelPath = chatModelFile();
const ollama = modelPath === undefined ? undefined : await startOllama('base', modelPath);

afterAll(() => ollama?.stop());

/** source: Ollama's library and https://github.com/ollama/ollama/tree/v0.6.5/template */
const TEMPLATES = {
  chatml: '{{- range .Messages }}<|im_start|>{{ .Role }}\n{{ .Content }}<|im_end|>\n{{ end }}<|im_start|>assistant\n',
  'llama3-library': `<|start_header_id|>system<|end_header_id|>

Cutting Knowledge Date: December 2023

{{ if .System }}{{ .System }}
{{- end }}
{{- if .Tools }}When you receive a tool call response, use the output to format an answer to the orginal user question.
{{- end }}<|eot_id|>
{{- range $i, $_ := .Messages }}
{{- $last := eq (len (slice $.Messages $i)) 1 }}
{{- if eq .Role "user" }}<|start_header_id|>user<|end_header_id|>
{{- if and $.Tools $last }}
{{ range $.Tools }}
{{- . }}
{{ end }}
Question: {{ .Content }}<|eot_id|>
{{- else }}

{{ .Content }}<|eot_id|>
{{- end }}{{ if $last }}<|start_header_id|>assistant<|end_header_id|>

{{ end }}
{{- else if eq .Role "assistant" }}<|start_header_id|>assistant<|end_header_id|>
{{- if .ToolCalls }}
{{ range .ToolCalls }}
{"name": "{{ .Function.Name }}", "parameters": {{ .Function.Arguments }}}{{ end }}
{{- else }}

{{ .Content }}
{{- end }}{{ if not $last }}<|eot_id|>{{ end }}
{{- end }}
{{- end }}`,
  gemma: `{{- $system := "" }}
{{- range .Messages }}
{{- if eq .Role "system" }}
{{- if not $system }}{{ $system = .Content }}
{{- else }}{{ $system = printf "%s\\n\\n%s" $system .Content }}
{{- end }}
{{- continue }}
{{- else if eq .Role "user" }}<start_of_turn>user
{{- if $system }}
{{ $system }}
{{- $system = "" }}
{{- end }}
{{- else if eq .Role "assistant" }}<start_of_turn>model
{{- end }}
{{ .Content }}<end_of_turn>
{{ end }}<start_of_turn>model
`,
  mistral: `[INST] {{ range $index, $_ := .Messages }}
{{- if eq .Role "system" }}{{ .Content }}

{{ else if eq .Role "user" }}{{ .Content }}[/INST]
{{- else if eq .Role "assistant" }} {{ .Content }}</s>[INST] {{ end }}
{{- end }}`,
  legacy: `{{ if .System }}<|system|>
{{ .System }}<|end|>
{{ end }}{{ if .Prompt }}<|user|>
{{ .Prompt }}<|end|>
{{ end }}<|assistant|>
{{ .Response }}<|end|>
`,
  'legacy without response': '{{ .System }}\nQ: {{ .Prompt }}\nA:',
} as const;

const CHATS: Readonly<Record<string, readonly TemplateMessage[]>> = {
  'one message': [{ role: 'user', content: 'Hello there.' }],
  'a persona and turns': [
    { role: 'system', content: 'You are kind.' },
    { role: 'user', content: '  Hi!\n' },
    { role: 'assistant', content: 'Hello. {{ .System }}' },
    { role: 'user', content: 'Ça va? 🙂' },
  ],
  'messages of one role in a row': [
    { role: 'user', content: 'One.' },
    { role: 'user', content: 'Two.' },
  ],
};

describe.skipIf(ollama === undefined)('chat templates of Ollama', { timeout: 60_000 }, () => {
  it.each(Object.entries(TEMPLATES))('are rendered and counted as Ollama does: %s', async (kind, template) => {
    const { host = '' } = ollama ?? {};
    const name = kind.replaceAll(' ', '-');
    await ollama?.create(name, `TEMPLATE """${template}"""\n`);
    const client = new Ollama({ host });
    const model = await openOllamaModel({ modelId: `ollama:${name}`, name, host, contextTokens: CONTEXT_TOKENS });
    for (const messages of Object.values(CHATS)) {
      const answer = await client.chat({
        model: name,
        messages: [...messages],
        options: { num_predict: 1, num_ctx: CONTEXT_TOKENS },
      });
      const read = [...(ollama?.log() ?? '').matchAll(/msg="chat request" images=0 prompt=("(?:[^"\\]|\\.)*")/gu)].at(
        -1,
      )?.[1];
      expect(parseChatTemplate(template).render(messages)).toBe(unquoted(read));
      const persona = messages.find(({ role }) => role === 'system')?.content;
      const others = messages.filter(({ role }) => role !== 'system');
      const prompt = {
        type: 'chat' as const,
        persona,
        messages: others.map(({ role, content }) => ({
          role: role === 'assistant' ? role : ('user' as const),
          text: content,
        })),
      };
      expect(await model.countPromptTokens(prompt)).toBe(answer.prompt_eval_count);
    }
    await model.dispose();
  });

  it('that are beyond us are refused when the model is opened', async () => {
    const { host = '' } = ollama ?? {};
    await ollama?.create('odd', 'TEMPLATE """{{ range .Messages }}{{ html .Content }}{{ end }}"""\n');
    await expect(openOllamaModel({ modelId: 'ollama:odd', name: 'odd', host })).rejects.toMatchObject({
      type: 'Model.Unsupported',
      message: expect.stringMatching(/function "html" is not understood.*openai:odd/u) as string,
    });
  });

  it('are not asked for of a model that is not there', async () => {
    const { host = '' } = ollama ?? {};
    await expect(openOllamaModel({ modelId: 'ollama:none', name: 'none', host })).rejects.toMatchObject({
      type: 'Model.NotFound',
      message: expect.stringContaining('ollama pull none') as string,
    });
  });
});

/** Go's quoting knows escapes that JSON does not. */
function unquoted(quoted = '""'): string {
  const json = quoted.replace(/\\U([0-9a-f]{8})/gu, (_all, code: string) =>
    String.fromCodePoint(Number.parseInt(code, 16)),
  );
  return String(JSON.parse(json));
}
