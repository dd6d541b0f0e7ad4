import type { Archive } from '../archive.js';
import { readXml } from './read-xml.js';

/** A reference from one part of an Office document to another. */
export interface Relation {
  readonly id: string;
  /** Last segment of its type, e.g. `slide`. */
  readonly type: string;
  /** Name in the archive. */
  readonly part: string;
}

/** The relations of a part, or of the whole document for `''`; empty if there are none. source: ECMA-376-2, 9.3 */
export async function relationsOf(archive: Archive, part: string): Promise<readonly Relation[]> {
  const folder = part.slice(0, part.lastIndexOf('/') + 1);
  const xml = await archive.read(`${folder}_rels/${part.slice(folder.length)}.rels`);
  const relations: Relation[] = [];
  readXml(xml ?? '', {
    onOpen(tag, attributes) {
      if (tag !== 'Relationship' || attributes.get('TargetMode') === 'External') return;
      const type = attributes.get('Type') ?? '';
      relations.push({
        id: attributes.get('Id') ?? '',
        type: type.slice(type.lastIndexOf('/') + 1),
        part: resolvePart(folder, attributes.get('Target') ?? ''),
      });
    },
  });
  return relations;
}

/** Resolves a reference from a part in `folder` to a name in the archive. */
export function resolvePart(folder: string, target: string): string {
  const parts: string[] = [];
  for (const part of (target.startsWith('/') ? target : folder + target).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The title in the document's properties. */
export async function coreTitle(archive: Archive, part = 'docProps/core.xml'): Promise<string> {
  let title = '';
  let isTitle = false;
  readXml((await archive.read(part)) ?? '', {
    onOpen: (tag) => void (isTitle = tag === 'title' && title === ''),
    onClose: () => void (isTitle = false),
    onText: (text) => void (title += isTitle ? text : ''),
  });
  return title.replace(/\s+/gu, ' ').trim();
}
