"""Readings of documents by programs that have nothing to do with Colloquy.

usage: other-readers.py pdf|docx IN OUT. For NAME in IN writes OUT/NAME.READER.txt; none where a reader cannot read a document.
"""

import logging
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
import zipfile

BATCH = 25
W = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}'
STRICT = '{http://purl.oclc.org/ooxml/wordprocessingml/main}'
FALLBACK = '{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback'
# Deleted, moved away, and how a word is pronounced: not in the text as it stands.
LEFT_OUT = {W + 'del', W + 'moveFrom', W + 'rt', FALLBACK}


def pdftotext(path):
    command = ['pdftotext', '-nopgbrk', '-enc', 'UTF-8', path, '-']
    return subprocess.run(command, capture_output=True, check=True, timeout=300).stdout.decode('utf-8', 'replace')


def pypdf_text(path):
    import pypdf

    return '\n'.join(page.extract_text() for page in pypdf.PdfReader(path).pages)


def docx2txt_text(path):
    import docx2txt

    return docx2txt.process(path)


def standing_text(path):
    """The characters of a document's parts, without what LEFT_OUT names; each header and footer once, if it has a letter."""
    texts = []
    with zipfile.ZipFile(path) as archive:
        for part in sorted(archive.namelist()):
            name = part.replace('\\', '/').lower()
            if not re.match(r'/?word/[^/]*\.xml$', name):
                continue
            text = part_text(archive.read(part).replace(STRICT[1:-1].encode(), W[1:-1].encode()))
            is_around = re.search(r'/(header|footer)[^/]*$', name) is not None
            if not is_around or (re.search(r'[^\W\d_]', text) and text not in texts):
                texts.append(text)
    return '\n'.join(texts)


def part_text(xml):
    pieces = []

    def walk(element):
        if element.tag in LEFT_OUT:
            return
        if element.tag == W + 't':
            pieces.append(element.text or '')
        elif element.tag in (W + 'tab', W + 'br', W + 'cr'):
            pieces.append(' ')
        for child in element:
            walk(child)
        if element.tag == W + 'p':
            mark = element.find(f'{W}pPr/{W}rPr')
            is_joined = mark is not None and (mark.find(W + 'del') is not None or mark.find(W + 'moveFrom') is not None)
            pieces.append('' if is_joined else '\n')

    walk(ET.fromstring(xml))
    return ''.join(pieces)


def with_libreoffice(names, folder, out):
    """Prints documents as PDF, as a reader sees them, and reads that."""
    profile = 'file://' + os.path.abspath(os.path.join(out, 'profile'))
    for first in range(0, len(names), BATCH):
        paths = [os.path.join(folder, name) for name in names[first : first + BATCH]]
        command = ['soffice', f'-env:UserInstallation={profile}', '--headless', '--convert-to', 'pdf', '--outdir', out]
        try:
            subprocess.run(command + paths, capture_output=True, timeout=300)
        except subprocess.TimeoutExpired:
            print('LibreOffice took too long for some of', ' '.join(names[first : first + BATCH]))
    for name in names:
        pdf = os.path.join(out, os.path.splitext(name)[0] + '.pdf')
        if os.path.exists(pdf):
            write(out, name, 'libreoffice', lambda: pdftotext(pdf))


def write(out, name, reader, read):
    try:
        text = read()
    except Exception as error:  # Whatever goes wrong in it: this reader cannot read the document.
        print(f'{reader} cannot read {name}: {type(error).__name__}')
        return
    with open(os.path.join(out, f'{name}.{reader}.txt'), 'w', encoding='utf-8', errors='replace') as file:
        file.write(text)


def main(kind, folder, out):
    logging.disable(logging.CRITICAL)
    names = sorted(os.listdir(folder))
    readers = {'pdf': [pdftotext, pypdf_text], 'docx': [docx2txt_text, standing_text]}[kind]
    for name in names:
        for reader in readers:
            write(out, name, reader.__name__, lambda: reader(os.path.join(folder, name)))
    if kind == 'docx':
        with_libreoffice(names, folder, out)


main(*sys.argv[1:])
