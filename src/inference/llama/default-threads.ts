import { availableCores } from './available-cores.js';

/**
 * All cores available to this process except one: JavaScript and the server need a core too, and compute threads that share a core wait for
 * each other at every layer. Measured on 2 cores, token/s of one answer: 1 thread 140–150, with or without another busy program; 2 threads
 * 170 on an idle machine, 16–24 beside a busy program.
 */
export function defaultThreads(): number {
  return Math.max(1, availableCores() - 1);
}

/**
 * Number of engines, each with `defaultThreads()`, that use all cores together: on 2 cores two engines of one thread, on more cores one
 * engine. Texts in separate engines never wait for each other at llama.cpp's barriers. Measured on 2 cores with 135M parameters: two texts
 * in two engines take 1.03 times as long as one alone; in one engine of one thread, 2.1 times.
 */
export function defaultEngines(): number {
  return Math.max(1, Math.floor(availableCores() / defaultThreads()));
}
