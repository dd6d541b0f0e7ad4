/**
 * A program: makes an empty database in the folder given as its argument. It ends with it, because what making it takes (0.7 GB of
 * memory) is not given back before.
 */
import { openPGlite } from './open-pglite.js';

const [, , folder = ''] = process.argv;
const session = await openPGlite(folder);
await session.close();
