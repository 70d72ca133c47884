"Exercises of chapter 3: how like are two pictures?"
import torch

from mnist_sgd.practice import Exercise
from mnist_sgd.similarity import rmse_distance


def _pairs():
    small = torch.tensor([[0., 1], [0, 0]])
    return [(small, torch.zeros(2, 2)), (torch.rand(3, 2, 2), torch.rand(2, 2)), (torch.rand(2, 28, 28), torch.rand(2, 28, 28)),
            (torch.rand(4, 1, 5, 3), torch.rand(2, 5, 3)), (torch.rand(0, 4, 4), torch.rand(4, 4))]

rmse = Exercise('similarity.rmse', 'rmse(a, b)', _pairs, rmse_distance,
    hints=["Read the name backwards: the errors, squared, their mean, the root of it.",
           "A stack of images must give one number for each: over which axes do you take the mean?",
           "`.mean((-1, -2))` takes it over the last two axes; `.sqrt()` is the root."])

@rmse.right
def rmse_method(a, b): return ((a - b)**2).mean((-1, -2)).sqrt()

@rmse.right
def rmse_torch(a, b): return torch.sqrt(torch.square(a - b).sum((-2, -1))/(a.shape[-1]*a.shape[-2]))

@rmse.right
def rmse_norm(a, b): return torch.linalg.matrix_norm(a - b)/(a.shape[-1]*a.shape[-2])**.5

@rmse.wrong("You took the mean over everything, so a whole stack of images gets a single number")
def rmse_all(a, b): return ((a - b)**2).mean().sqrt()

@rmse.wrong("You took the root of each square before the mean, and that is the mean absolute difference, L1")
def rmse_root_first(a, b): return ((a - b)**2).sqrt().mean((-1, -2))

@rmse.wrong("The root is missing: this is the mean squared error")
def rmse_no_root(a, b): return ((a - b)**2).mean((-1, -2))

@rmse.wrong("You took the mean before the square, so positive and negative differences cancelled")
def rmse_mean_first(a, b): return (a - b).mean((-1, -2)).abs()

@rmse.wrong("You added the squares up without dividing: a larger picture would always be farther away")
def rmse_sum(a, b): return ((a - b)**2).sum((-1, -2)).sqrt()
