"What the package says of itself, and what it costs to import"
import json, re, subprocess, sys
from configparser import ConfigParser
from importlib.metadata import metadata, requires
from pathlib import Path

import pytest

import mnist_sgd

ROOT = Path(__file__).resolve().parent.parent

try: import tomllib
except ModuleNotFoundError: import tomli as tomllib

@pytest.fixture
def settings():
    config = ConfigParser(delimiters=['='], interpolation=None)
    config.read(ROOT/'settings.ini', encoding='utf-8')
    return config['DEFAULT']

@pytest.fixture
def pyproject(): return tomllib.loads((ROOT/'pyproject.toml').read_text(encoding='utf-8'))

def test_settings_pyproject_and_version_agree(settings, pyproject):
    assert settings['version'] == mnist_sgd.__version__
    assert settings['lib_name'] == pyproject['project']['name'] == pyproject['tool']['nbdev']['lib_path']
    assert pyproject['project']['requires-python'] == f">={settings['min_python']}"
    urls = pyproject['project']['urls']
    assert (urls['Repository'], urls['Documentation']) == (settings['git_url'], settings['doc_url'])
    from_settings = {'version', 'description', 'dependencies', 'optional-dependencies', 'scripts'}
    assert not from_settings & set(pyproject['project'])

def test_installed_metadata_is_that_of_settings(settings):
    meta = metadata('mnist_sgd')
    assert meta['Version'] == settings['version'] and meta['Summary'] == settings['description']
    assert meta['Requires-Python'] == f">={settings['min_python']}"
    assert meta['License-Expression'] == settings['license']
    names = {re.match(r'[\w-]+', o)[0].lower() for o in requires('mnist_sgd') if 'extra ==' not in o}
    assert names == {'torch', 'torchvision', 'numpy', 'pillow', 'matplotlib', 'fastcore', 'tqdm'}

def test_no_upper_bounds(settings):
    for key in settings:
        if key.endswith('requirements'): assert '<' not in settings[key] and '==' not in settings[key]

def loaded_by(statement):
    "Names of all modules that are loaded after `statement` in a fresh interpreter"
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())

@pytest.mark.parametrize('statement, absent', [
    ('import mnist_sgd', {'torch', 'torchvision', 'numpy', 'matplotlib', 'PIL', 'fastcore', 'tqdm'}),
    ('import mnist_sgd.data', {'torch', 'torchvision', 'matplotlib'}),
    ('import mnist_sgd.cli', {'torch', 'torchvision', 'numpy', 'matplotlib'}),
    ('from mnist_sgd.all import *', {'torchvision', 'IPython', 'pandas', 'scipy'})])
def test_imports_no_more_than_needed(statement, absent): assert not loaded_by(statement) & absent

def test_readme_is_made_from_the_index():
    from readme import readme
    text, pictures = readme()
    assert (ROOT/'README.md').read_text(encoding='utf-8') == text, "run: python tools/readme.py"
    for path, data in pictures.items(): assert path.read_bytes() == data, "run: python tools/readme.py"

def test_the_changelog_has_a_section_for_this_version(settings):
    text = (ROOT/'CHANGELOG.md').read_text(encoding='utf-8')
    headings = re.findall(r'^## \[(.+?)\] - (Unreleased|\d{4}-\d\d-\d\d)$', text, re.M)
    assert len(headings) == text.count('\n## ') and headings[0][0] == settings['version']
    for version, _ in headings: assert f'\n[{version}]: {settings["git_url"]}' in text
    kinds = {'Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'}
    assert set(re.findall(r'^### (.+)$', text, re.M)) <= kinds

def test_the_texts_beside_the_readme_ship_and_link_to_what_is_there(settings):
    manifest = (ROOT/'MANIFEST.in').read_text(encoding='utf-8').split()
    for path in ROOT.glob('*.md'):
        assert path.name in manifest
        for link in re.findall(r'\]\((?!http)([^)#]+)', path.read_text(encoding='utf-8')):
            assert (ROOT/link).exists(), f'{path.name}: {link}'
    assert f"{settings['git_url']}/security/advisories/new" in (ROOT/'SECURITY.md').read_text(encoding='utf-8')

def test_what_checks_the_scripts_of_the_site_is_pinned_and_does_not_ship():
    if not (ROOT/'package.json').exists(): pytest.skip('not in the sdist')
    tools, lock = (json.loads((ROOT/f'{o}.json').read_text(encoding='utf-8')) for o in ('package', 'package-lock'))
    for name, version in tools['devDependencies'].items():
        assert re.fullmatch(r'\d+\.\d+\.\d+', version), name
        assert lock['packages'][f'node_modules/{name}']['version'] == version
    assert tools['private'] and 'dependencies' not in tools
    assert not [k for k, o in lock['packages'].items() if 'resolved' in o]  # from whichever registry the reader has
    lines = (ROOT/'MANIFEST.in').read_text(encoding='utf-8').splitlines()
    assert 'prune tests/site' in lines and '*.ts' in lines[-1].split() and lines[-1].startswith('global-exclude')
    assert not any(o in line for line in lines for o in ('package', 'node_modules', 'npmrc'))

def test_every_page_is_in_the_sidebar():
    text = (ROOT/'nbs'/'_quarto.yml').read_text(encoding='utf-8')
    for nb in (ROOT/'nbs').glob('*.ipynb'): assert f'- {nb.name}\n' in text, f'{nb.name} is not in nbs/_quarto.yml'
