import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeStackState, writeStackState } from '../run-folder/stack-state.js';
import { DEFAULT_ADDRESS, resolveConnection } from './connect.js';

describe('resolveConnection', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'colloquy-connect-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const runStack = (): void =>
    writeStackState(home, {
      temporalAddress: '127.0.0.1:7301',
      namespace: 'mine',
      models: ['m'],
      streamSocket: join(home, 'run', 'stream.sock'),
    });
  const resolve = (options: Parameters<typeof resolveConnection>[0], env: NodeJS.ProcessEnv = {}) => {
    const { connectionOptions, namespace } = resolveConnection(options, { COLLOQUY_HOME: home, HOME: home, ...env });
    return [connectionOptions.address, namespace];
  };

  it('finds the stack that runs on the data folder, and its namespace', () => {
    expect(resolve({})).toEqual([DEFAULT_ADDRESS, 'default']);
    runStack();
    expect(resolve({})).toEqual(['127.0.0.1:7301', 'mine']);
    expect(resolve({}, { COLLOQUY_TEMPORAL_PORT: '7302' })).toEqual(['127.0.0.1:7301', 'mine']);
    removeStackState(home);
    expect(resolve({})).toEqual([DEFAULT_ADDRESS, 'default']);
  });

  it('takes the port that is set where no stack runs', () => {
    expect(resolve({}, { COLLOQUY_TEMPORAL_PORT: '7302' })).toEqual(['127.0.0.1:7302', 'default']);
    expect(resolve({}, { COLLOQUY_TEMPORAL_PORT: '' })).toEqual([DEFAULT_ADDRESS, 'default']);
  });

  it('lets the environment win over the stack, and options over both', () => {
    runStack();
    const env = { TEMPORAL_ADDRESS: 'elsewhere:7233' };
    expect(resolve({}, env)).toEqual(['elsewhere:7233', 'default']);
    expect(resolve({}, { TEMPORAL_NAMESPACE: 'theirs' })).toEqual(['127.0.0.1:7301', 'theirs']);
    expect(resolve({ address: 'third:1', namespace: 'n' }, env)).toEqual(['third:1', 'n']);
  });
});
