"Hands the facts in settings.ini to setuptools."
import json, shutil
from configparser import ConfigParser
from pathlib import Path
from setuptools import setup
from setuptools.command.build_py import build_py

here = Path(__file__).parent
config = ConfigParser(delimiters=['='], interpolation=None)
config.read(here/'settings.ini', encoding='utf-8')
cfg = config['DEFAULT']

def lines(key): return [o for o in cfg[key].splitlines() if o.strip()]

class BuildWithNotebooks(build_py):
    "Puts the notebooks, without outputs, into mnist_sgd/notebooks of what is built; the source tree stays as it is"
    def run(self):
        super().run()
        if self.editable_mode: return  # mnist_sgd notebooks finds them in nbs/
        folder = Path(self.build_lib)/'mnist_sgd'/'notebooks'
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for path in sorted((here/'nbs').glob('*.ipynb')):
            nb = json.loads(path.read_text(encoding='utf-8'))
            for cell in nb['cells']:
                if cell['cell_type'] == 'code': cell.update(outputs=[], execution_count=None)
            text = json.dumps(nb, indent=1, sort_keys=True, ensure_ascii=False) + '\n'
            (folder/path.name).write_text(text, encoding='utf-8')

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], keywords=cfg['keywords'].split(),
    author=cfg['author'], license_expression=cfg['license'], license_files=['LICENSE'],
    long_description=(here/'README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
    python_requires='>=' + cfg['min_python'], install_requires=lines('requirements'),
    extras_require={k.removesuffix('_requirements'): lines(k) for k in cfg if k.endswith('_requirements')},
    packages=['mnist_sgd', 'mnist_sgd.exercises'], package_data={'mnist_sgd': ['mnist/*', 'mnist/*/*', 'trained/*']},
    cmdclass=dict(build_py=BuildWithNotebooks),
    entry_points=dict(console_scripts=lines('console_scripts'), nbdev=['mnist_sgd = mnist_sgd._modidx:d']),
    classifiers=['Intended Audience :: Education', 'Programming Language :: Python :: 3 :: Only',
                 # CI runs the oldest and the newest
                 *[f'Programming Language :: Python :: 3.{minor}' for minor in range(10, 14)],
                 'Topic :: Scientific/Engineering :: Artificial Intelligence'])
