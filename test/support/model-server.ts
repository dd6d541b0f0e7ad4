import type { IncomingMessage, ServerResponse } from 'node:http';
import { json as readJson } from 'node:stream/consumers';
import { startLocalServer, type LocalServer } from '../setup/local-server.js';

export interface ModelServerOptions {
  /** As its list of models says: `vllm`, `llamacpp`, `sglang`, `library` or anything else. */
  readonly ownedBy: string;
  /** By model: tokens of context. Default: one model, `m`, of 4096. */
  readonly models?: Readonly<Record<string, number>>;
  /** As llama.cpp's router: each request must name its model. */
  readonly isRouter?: boolean;
  /** Tokens of its vocabulary that are not read from plain text. */
  readonly control?: readonly string[];
  /** Tokens of its vocabulary that are read from any text. */
  readonly userDefined?: readonly string[];
  /** Whether only `/v1` is there, as behind a gateway. */
  readonly isGateway?: boolean;
  /** How the router would start a model that is not loaded. */
  readonly args?: readonly string[];
  /** Writes the answer to a request for one. Default: `Hello.` */
  readonly answer?: (response: ServerResponse, body: ModelRequest) => Promise<void> | void;
}

/** What a request's body may hold. */
export interface ModelRequest {
  readonly model?: string;
  readonly messages?: readonly Readonly<Record<string, string>>[];
  readonly prompt?: string;
  readonly content?: string;
  readonly parse_special?: boolean;
  readonly with_pieces?: boolean;
  readonly return_token_strs?: boolean;
  readonly [field: string]: unknown;
}

export interface ModelServer extends LocalServer {
  readonly baseUrl: string;
  /** Bodies of requests for answers so far. */
  readonly asked: readonly ModelRequest[];
}

/** A server with OpenAI's interface that offers what its kind offers beyond it: counting, templates, its vocabulary. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const asked: ModelRequest[] = [];
  const server = await startLocalServer((request, response) => void serve(request, response, options, asked));
  return Object.assign(server, { baseUrl: `${server.url}/v1`, asked });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: ModelServerOptions,
  asked: ModelRequest[],
): Promise<void> {
  const { ownedBy, models = { m: 4096 }, isRouter = false, isGateway = false, answer = sayHello } = options;
  const url = new URL(request.url ?? '/', 'http://localhost');
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  const body = (request.method === 'POST' ? await readJson(request) : {}) as ModelRequest;
  const reply = (status: number, value: object): unknown =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  if (url.pathname === '/v1/models') {
    const data = Object.keys(models).map((id) => ({
      id,
      owned_by: ownedBy,
      ...(ownedBy === 'llamacpp' ? {} : { max_model_len: models[id] }),
      ...(options.args && { status: { value: 'unloaded', args: options.args } }),
    }));
    return void reply(200, { object: 'list', data });
  }
  const model = body.model ?? url.searchParams.get('model') ?? (isRouter ? undefined : 'm');
  if (isRouter && request.method === 'GET' && model === undefined)
    return void reply(200, { role: 'router', default_generation_settings: { n_ctx: 0 } });
  if (model === undefined || models[model] === undefined)
    return void reply(400, { error: { code: 400, message: 'model name is missing from the request' } });
  if (url.pathname.startsWith('/v1/')) {
    asked.push(body);
    return answer(response, body);
  }
  if (isGateway) return void reply(404, { error: 'not found' });
  if (url.pathname === '/props') return void reply(200, { default_generation_settings: { n_ctx: models[model] } });
  if (url.pathname === '/apply-template')
    return void reply(200, { prompt: (body.messages ?? []).map(({ content }) => content).join('\n') });
  const tokens = tokenize(body.content ?? body.prompt ?? '', body, options);
  reply(200, {
    count: tokens.length,
    max_model_len: models[model],
    tokens: body.with_pieces === true ? tokens.map((piece) => ({ id: 1, piece })) : tokens.map(() => 1),
    ...(body.return_token_strs === true && { token_strs: tokens }),
  });
}

/** Special tokens whole, all else in single characters. */
function tokenize(
  text: string,
  { parse_special = true }: ModelRequest,
  { control = [], userDefined = [] }: ModelServerOptions,
): string[] {
  const special = [...userDefined, ...(parse_special ? control : [])];
  const tokens: string[] = [];
  for (let rest = text; rest !== '';) {
    const token = special.find((one) => rest.startsWith(one)) ?? String.fromCodePoint(rest.codePointAt(0) ?? 0);
    tokens.push(token);
    rest = rest.slice(token.length);
  }
  return tokens;
}

export function sayHello(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.end(
    'data: {"choices":[{"index":0,"delta":{"content":"Hello."}}]}\n\n' +
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
  );
}
