"""Draw the still pictures of the figures to play with, nbs/site/stills/NAME.webp, which stand where scripts are off.

    python tools/docs.py && python tools/stills.py

Chromium opens each page of the site in _docs, and takes a picture of the figure as it begins, without its controls.
"""
import functools, http.server, io, re, threading
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from book import CHROMIUM

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT/'nbs'/'site'/'stills'

def figures():
    "Name of each figure's element, and the page that it stands in"
    for path in sorted((ROOT/'nbs').glob('[0-9]*.ipynb')):
        for name in re.findall(r'<div id=\\"(explore-\w+|descent)\\">', path.read_text(encoding='utf-8')):
            yield name, re.sub(r'^\d+_', '', path.stem)

def still(page, name):
    "A picture of the figure, in 24 colours"
    page.add_style_tag(content=f'header, #{name} :is(form, .controls) {{ display: none !important }}')
    image = Image.open(io.BytesIO(page.locator(f'#{name}').screenshot())).convert('RGB')
    return image.quantize(24, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)

def draw(browser, site):
    "The name of each figure, and its picture; `site` is the address of the website"
    page = browser.new_page(viewport=dict(width=800, height=1200), device_scale_factor=2, reduced_motion='reduce')
    for name, stem in figures():
        page.goto(f'{site}/{stem}.html')
        page.locator(f'#{name} svg[aria-label]').first.wait_for()
        yield name, still(page, name)
    page.close()

def main():
    FOLDER.mkdir(exist_ok=True)
    serve = functools.partial(http.server.SimpleHTTPRequestHandler, directory=ROOT/'_docs')
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), serve)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=['--no-sandbox'])
        for name, image in draw(browser, f'http://127.0.0.1:{server.server_port}'):
            image.save(FOLDER/f'{name}.webp', lossless=True, quality=100)

if __name__ == '__main__': main()
