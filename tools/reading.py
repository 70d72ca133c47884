"""How long each chapter takes to read, and what stands in front of the reader.

    python tools/reading.py [--write]

Counts the words of the text and the lines of the shown code (hidden and folded cells are left out), of these the checks
and the lines over 100 characters, the longest shown cell, and the minutes: 220 words or 12 lines a minute. With
--write, the reading time that stands at the top of each chapter is brought up to date.
"""
import json, re, sys
from pathlib import Path

NBS = Path(__file__).resolve().parent.parent/'nbs'
CHAPTERS = sorted(NBS.glob('[0-9]*.ipynb'))
NOT_SHOWN = re.compile(r'^#\| *(hide|export|exporti|default_exp .*|echo: *false|code-fold: *true)$', re.M)
CHECK = re.compile(r'\b(assert|test_\w+\(|raise|_check\w*\(|expect_fail)')
TIME = re.compile(r'^\*About \d+ minutes\.\*$', re.M)

def cells(path):
    return [dict(c, source=''.join(c['source'])) for c in json.loads(path.read_text(encoding='utf-8'))['cells']]

def shown_lines(source): return [line for line in source.splitlines() if line.strip() and not line.startswith('#|')]

def shown(path):
    "The lines of each cell whose code a reader sees at once"
    return [shown_lines(c['source']) for c in cells(path)
            if c['cell_type'] == 'code' and not NOT_SHOWN.search(c['source'])]

def count(path):
    "Words, shown lines, checks among them, lines over 100 characters, lines of the longest cell, minutes"
    words = sum(len(TIME.sub('', c['source']).split()) for c in cells(path) if c['cell_type'] == 'markdown')
    code = shown(path)
    lines = [line for cell in code for line in cell]
    return dict(words=words, lines=len(lines), checks=sum(bool(CHECK.search(line)) for line in lines),
                long=sum(len(line) > 100 for line in lines), longest=max(map(len, code)),
                minutes=words/220 + len(lines)/12)

def write(path):
    "Bring the reading time at the top of a chapter up to date"
    nb = json.loads(path.read_text(encoding='utf-8'))
    head = TIME.sub(f"*About {count(path)['minutes']:.0f} minutes.*", ''.join(nb['cells'][0]['source']))
    nb['cells'][0]['source'] = head.splitlines(keepends=True)
    path.write_text(json.dumps(nb, indent=1, sort_keys=True, ensure_ascii=False) + '\n', encoding='utf-8')

def main():
    if '--write' in sys.argv:
        for path in CHAPTERS: write(path)
    rows = {path.stem: count(path) for path in CHAPTERS}
    total = {k: (max if k == 'longest' else sum)(r[k] for r in rows.values()) for k in next(iter(rows.values()))}
    print(f"{'chapter':<16}", *(f'{k:>8}' for k in total))
    for name, row in (rows | dict(total=total)).items(): print(f'{name:<16}', *(f'{v:8,.0f}' for v in row.values()))
    print(f"{total['checks']/total['lines']:.0%} of the shown lines are checks")

if __name__ == '__main__': main()
