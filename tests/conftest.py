import os

import pytest

@pytest.fixture(scope='session', autouse=True)
def cache(tmp_path_factory):
    "All tests of a run share one fresh cache folder, unless the environment names one"
    os.environ.setdefault('MNIST_SGD_CACHE', str(tmp_path_factory.mktemp('cache')))
