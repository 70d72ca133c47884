"Hands the facts in settings.ini to setuptools."
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup

here = Path(__file__).parent
config = ConfigParser(delimiters=['='], interpolation=None)
config.read(here/'settings.ini', encoding='utf-8')
cfg = config['DEFAULT']

def lines(key): return [o for o in cfg[key].splitlines() if o.strip()]

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], keywords=cfg['keywords'].split(),
    author=cfg['author'], license_expression=cfg['license'], license_files=['LICENSE'],
    long_description=(here/'README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
    python_requires='>=' + cfg['min_python'], install_requires=lines('requirements'),
    extras_require={k.removesuffix('_requirements'): lines(k) for k in cfg if k.endswith('_requirements')},
    packages=['mnist_sgd'], package_data={'mnist_sgd': ['mnist/*', 'mnist/*/*']},
    entry_points=dict(console_scripts=lines('console_scripts'), nbdev=['mnist_sgd = mnist_sgd._modidx:d']),
    classifiers=['Intended Audience :: Education', 'Programming Language :: Python :: 3 :: Only',
                 'Topic :: Scientific/Engineering :: Artificial Intelligence'])
