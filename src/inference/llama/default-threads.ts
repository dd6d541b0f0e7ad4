import { availableCores } from './available-cores.js';

/**
 * All cores that this process may use but one: JavaScript and the server need a core too, and compute threads that share one wait for
 * each other at every layer. Measured on 2 cores, token/s of one answer: 1 thread 140–150, with or without another busy program; 2 threads
 * 170 on an idle machine, 16–24 beside a busy program.
 */
export function defaultThreads(): number {
  return Math.max(1, availableCores() - 1);
}

/**
 * How many engines use all cores, each with `defaultThreads()`: on 2 cores two of one thread, on more one. Texts in engines of their own
 * never wait for each other at llama.cpp's barriers. Measured on 2 cores with 135M parameters: two texts in two engines take 1.03 times as
 * long as one alone; in one engine of one thread, 2.1 times.
 */
export function defaultEngines(): number {
  return Math.max(1, Math.floor(availableCores() / defaultThreads()));
}
