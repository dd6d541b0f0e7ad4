import { text } from 'node:stream/consumers';
import { startLocalServer } from '../setup/local-server.js';

/** A request as the scripted Ollama got it. */
export interface OllamaRequest {
  readonly path: string;
  readonly prompt?: string;
  readonly messages?: readonly { readonly role: string; readonly content: string; readonly thinking?: string }[];
  readonly [field: string]: unknown;
}

export interface ScriptedOllamaOptions {
  /** What `/api/show` tells, beside a vocabulary of single bytes. */
  readonly shown: Readonly<Record<string, unknown>>;
  /** Texts of further tokens with their types (3 control, 4 user-defined). */
  readonly tokens?: readonly (readonly [text: string, type: number])[];
  /** Pieces of the answer; objects are sent as they are (`{ thinking }`). Default: `Hello.` */
  readonly answer?: readonly (string | Readonly<Record<string, string>>)[];
  /** The prompt that its renderer makes; without one it does not tell prompts, as older servers. */
  readonly renders?: (messages: NonNullable<OllamaRequest['messages']>) => string;
}

/** An Ollama that answers by a script: for what no small model and no server that can be built here does. */
export async function startScriptedOllama({ shown, tokens = [], answer = ['Hello.'], renders }: ScriptedOllamaOptions) {
  const asked: OllamaRequest[] = [];
  const server = await startLocalServer((request, response) => {
    void text(request).then((raw) => {
      const body = JSON.parse(raw || '{}') as OllamaRequest;
      const path = request.url ?? '';
      const json = (value: unknown): unknown =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
      if (path === '/api/show') return json({ ...shown, model_info: { ...vocabulary(tokens), ...infoOf(shown) } });
      if (body['_debug_render_only'] === true && renders !== undefined) {
        return json({ model: 'm', message: {}, _debug_info: { rendered_template: renders(body.messages ?? []) } });
      }
      asked.push({ ...body, path });
      const isChat = path === '/api/chat';
      const whole = { done: true, done_reason: 'stop', prompt_eval_count: 11, eval_count: answer.length };
      if (body['stream'] === false) return json({ message: { role: 'assistant', content: 'x' }, ...whole });
      response.setHeader('content-type', 'application/x-ndjson');
      for (const piece of answer) {
        const said = typeof piece === 'string' ? { [isChat ? 'content' : 'response']: piece } : piece;
        response.write(`${JSON.stringify(isChat ? { message: said, done: false } : { response: '', ...said })}\n`);
      }
      return response.end(`${JSON.stringify({ ...(isChat ? { message: {} } : { response: '' }), ...whole })}\n`);
    });
  });
  return { host: server.url, asked, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function infoOf(shown: Readonly<Record<string, unknown>>): object {
  return typeof shown['model_info'] === 'object' ? { ...shown['model_info'] } : {};
}

function vocabulary(added: NonNullable<ScriptedOllamaOptions['tokens']>): Readonly<Record<string, unknown>> {
  // source: https://github.com/openai/gpt-2/blob/9b63575ef42771a015060c964af2c3da4cf7c8ab/src/encoder.py#L9, bytes_to_unicode
  const isPrintable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173 && byte <= 255);
  let others = 256;
  const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : others++));
  const all: [string, number][] = [...bytes.map((byte): [string, number] => [byte, 1]), ['ab', 1], ['<|end|>', 3]];
  const tokens = [...all, ...added];
  return {
    'general.architecture': 'llama',
    'llama.context_length': 4096,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'smollm',
    'tokenizer.ggml.tokens': tokens.map(([one]) => one),
    'tokenizer.ggml.token_type': tokens.map(([, type]) => type),
    'tokenizer.ggml.merges': ['a b'],
    'tokenizer.ggml.bos_token_id': 257,
    'tokenizer.ggml.eos_token_id': 257,
    'tokenizer.ggml.add_bos_token': false,
  };
}
