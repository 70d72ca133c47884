"The website in a real browser"
import pytest

@pytest.mark.parametrize('name', ['index', 'gradient', 'learner'])
def test_page_loads(page, name):
    page.goto(f'/{name}.html', wait_until='networkidle')
    assert page.locator('h1').count() == 1
