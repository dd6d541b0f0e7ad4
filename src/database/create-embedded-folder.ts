/**
 * A program that creates an empty database in the folder given as its argument. It is a separate process because the memory for creating a
 * database (0.7 GB) is only freed when the process ends.
 */
import { openPGlite } from './open-pglite.js';

const [, , folder = ''] = process.argv;
const session = await openPGlite(folder);
await session.close();
