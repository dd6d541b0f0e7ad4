import { cpus, freemem, release, totalmem, type as osType } from 'node:os';
import { join } from 'node:path';
import { CATALOGUE, multilingualE5Small, temporalCli } from '../artefacts/catalogue.js';
import { prepareHome } from '../artefacts/home.js';
import { inspectArtefact } from '../artefacts/inspect-artefact.js';
import { resolveConnection } from '../client/connect.js';
import type { Config } from '../config.js';
import { availableCores } from '../inference/llama/available-cores.js';
import { connectDatabase } from '../database/connect-database.js';
import { describeAddress } from '../database/database-address.js';
import { describeEngine } from '../inference/llama/describe-engine.js';
import { ownVersion, packageVersion } from '../package-versions.js';
import { examineModelServer } from './examine-model-server.js';
import { examineWorkers } from './examine-workers.js';
import { examineWebSearch } from './examine-web-search.js';
import type { Finding } from './finding.js';
import { locateDatabase } from './locate-database.js';
import { probeTemporal } from './stack/probe-temporal.js';
import { readStackState } from '../run-folder/stack-state.js';
import { acceptsConnections } from './stack/tcp-port.js';

export interface ExamineOptions {
  readonly config: Config;
  readonly home: string;
  readonly address?: string;
  readonly namespace?: string;
}

/** Checks everything that the stack depends on. Fetches nothing, and changes nothing except that it creates the data folder. */
export async function examineMachine(options: ExamineOptions): Promise<Finding[]> {
  const [compute, home, artefacts, modelServer, webSearch, temporal, database] = await Promise.all([
    examineCompute(options.config),
    examineHome(options.home),
    examineArtefacts(options),
    examineModelServer(options.config),
    examineWebSearch(options.config.webSearch),
    examineTemporal(options),
    examineDatabase(options),
  ]);
  return [
    ...examineNode(),
    ...compute,
    ...home,
    ...artefacts,
    ...modelServer,
    ...webSearch,
    ...temporal,
    database,
    ...examineVersions(),
  ];
}

function examineNode(): Finding[] {
  return [{ state: 'ok', subject: 'Node', found: `${process.version} on ${osType()} ${release()} ${process.arch}` }];
}

async function examineCompute({ gpu }: Config): Promise<Finding[]> {
  const cores = availableCores();
  const memory = process.constrainedMemory();
  const allowed = memory > 0 && memory < totalmem() ? memory : totalmem();
  const findings: Finding[] = [
    {
      state: 'ok',
      subject: 'cores',
      found: `${cores} of ${cpus().length} may be used (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    },
    { state: 'ok', subject: 'memory', found: `${gigabytes(freemem())} free of ${gigabytes(allowed)} that may be used` },
  ];
  try {
    const engine = await describeEngine(gpu === 'off' ? false : gpu);
    findings.push({
      state: 'ok',
      subject: 'GPU',
      found:
        engine.gpu === false ? 'none found: models run on the CPU' : `${engine.gpu}: ${engine.deviceNames.join(', ')}`,
    });
    findings.push({
      state: 'ok',
      subject: 'engine',
      found: `node-llama-cpp ${engine.version}, llama.cpp ${engine.llamaCppRelease}`,
    });
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    findings.push({
      state: 'fault',
      subject: 'engine',
      found,
      advice: 'Its binaries come as optional npm packages: run "npm ci" without --omit=optional.',
    });
  }
  return findings;
}

async function examineHome(home: string): Promise<Finding[]> {
  try {
    await prepareHome(home);
    return [{ state: 'ok', subject: 'data folder', found: home }];
  } catch (error) {
    return [{ state: 'fault', subject: 'data folder', found: error instanceof Error ? error.message : String(error) }];
  }
}

/** Checks the artefacts that the stack needs, and all others that are present. */
async function examineArtefacts({ home, config }: ExamineOptions): Promise<Finding[]> {
  const needed = new Set<string>([temporalCli.name, multilingualE5Small.name, config.model]);
  const findings = await Promise.all(
    CATALOGUE.map(async (artefact): Promise<Finding | undefined> => {
      const { name: subject, sizeBytes } = artefact;
      const { state, path = '', version, found } = await inspectArtefact(artefact, home, process.env);
      switch (state) {
        case 'present':
          return { state: 'ok', subject, found: version === undefined ? path : `${version}, ${path}` };
        case 'absent':
          if (!needed.has(subject)) return undefined;
          return {
            state: 'note',
            subject,
            found: `not there yet: fetched when needed (${Math.round(sizeBytes / 1e6)} MB)`,
          };
        case 'damaged':
          return {
            state: 'fault',
            subject,
            found: `damaged (${found ?? 'altered'}): ${path}`,
            advice: `Delete it, or: colloquy models pull ${subject} --force`,
          };
      }
    }),
  );
  return findings.filter((finding) => finding !== undefined);
}

async function examineTemporal({ config, home, ...asked }: ExamineOptions): Promise<Finding[]> {
  const stack = readStackState(home);
  const given = asked.address ?? process.env.TEMPORAL_ADDRESS ?? stack?.temporalAddress;
  const { connectionOptions, namespace } = resolveConnection({
    address: asked.address,
    namespace: asked.namespace,
  });
  const { address } = connectionOptions;
  const subject = 'Temporal';
  const answering = await probeTemporal(address);
  const findings: Finding[] = [];
  if (answering === 'temporal') {
    findings.push({ state: 'ok', subject, found: `a server answers at ${address}, namespace "${namespace}"` });
  } else if (answering === 'something-else') {
    const advice = 'Stop it, or choose another port: --temporal-port PORT or COLLOQUY_TEMPORAL_PORT.';
    findings.push({ state: 'fault', subject, found: `${address} is used by something that is not Temporal`, advice });
  } else if (given === undefined) {
    findings.push({ state: 'ok', subject, found: `port ${config.temporalPort} is free for "colloquy start"` });
  } else {
    findings.push({
      state: 'fault',
      subject,
      found: `nothing answers at ${address}`,
      advice: 'Start that server, or omit the address.',
    });
  }
  if (answering === 'temporal') findings.push(...(await examineWorkers({ address, namespace }, stack?.models ?? [])));
  if (stack) {
    findings.push({
      state: 'ok',
      subject: 'stack',
      found: `runs as process ${stack.owner.pid}, models ${stack.models.join(', ')}, UI ${stack.uiUrl ?? 'unknown'}`,
    });
  } else {
    const taken = await acceptsConnections('127.0.0.1', config.uiPort);
    findings.push({
      state: taken ? 'note' : 'ok',
      subject: 'UI port',
      found: taken ? `${config.uiPort} is taken: the next free port will be used` : `${config.uiPort} is free`,
    });
  }
  return findings;
}

async function examineDatabase({ config, home }: ExamineOptions): Promise<Finding> {
  const subject = 'database';
  const address = locateDatabase(config, home);
  const isServer = config.databaseUrl !== undefined;
  const database = connectDatabase(address, { maxConnections: 1, connectTimeoutMs: 5_000 });
  try {
    const version = await database.version();
    const kind = isServer ? 'PostgreSQL' : 'embedded PostgreSQL';
    return { state: 'ok', subject, found: `${kind} ${version} answers at ${describeAddress(address)}` };
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    if (isServer) return { state: 'fault', subject, found };
    if (readStackState(home))
      return { state: 'note', subject, found, advice: `Its log is ${join(home, 'logs', 'database.log')}` };
    return { state: 'ok', subject, found: `"colloquy start" runs an embedded PostgreSQL on ${join(home, 'database')}` };
  } finally {
    await database.close();
  }
}

function examineVersions(): Finding[] {
  const sdk = packageVersion('@temporalio/worker');
  return [{ state: 'ok', subject: 'versions', found: `colloquy ${ownVersion()}, Temporal SDK ${sdk}` }];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
