"Code written for the names that fastai's readers know runs after `from mnist_sgd.all import *`"
import matplotlib

matplotlib.use('agg')

from mnist_sgd.all import *

def digit_stack(path, split, digit):
    files = (path/split/digit).ls().sorted()
    return torch.stack([tensor(Image.open(o)) for o in files]).float()/255

def test_from_folders_of_files_to_a_trained_net():
    path = mnist_path()
    assert (path/'train').ls().attrgot('name').sorted() == ['3', '7']
    x3, x7, v3, v7 = (digit_stack(path, split, d) for split in ('train', 'valid') for d in '37')
    show_image(x3[1])
    assert x3.ndim == 3 and l1_distance(v3, x3.mean(0)).shape == (1010,)

    train_x = torch.cat([x3, x7]).view(-1, 28*28)
    train_y = tensor([1]*len(x3) + [0]*len(x7)).unsqueeze(1)  # whole numbers, as in many a notebook
    valid_x = torch.cat([v3, v7]).view(-1, 28*28)
    valid_y = tensor([1]*len(v3) + [0]*len(v7)).unsqueeze(1)
    dset = list(zip(train_x, train_y))
    valid_dset = list(zip(valid_x, valid_y))
    dl = DataLoader(dset, batch_size=256, shuffle=True)
    valid_dl = DataLoader(valid_dset, batch_size=256)
    xb, yb = first(dl)
    assert xb.shape == (256, 784) and yb.shape == (256, 1) and yb.dtype == torch.int64

    torch.manual_seed(42)
    linear_model = nn.Linear(28*28, 1)
    opt = BasicOptim(linear_model.parameters(), 1.)
    before = mnist_loss(linear_model(train_x), train_y)
    for xb, yb in dl:
        calc_grad(xb, yb, linear_model)
        opt.step()
        opt.zero_grad()
    assert mnist_loss(linear_model(train_x), train_y) < before
    assert validate_epoch(linear_model, valid_dl) > .95

    learn = Learner(DataLoaders(dl, valid_dl), nn.Linear(28*28, 1), opt_func=SGD, loss_func=mnist_loss,
                    metrics=batch_accuracy)
    learn.fit(2, lr=1.)
    plt.plot(L(learn.recorder.values).itemgot(2))
    assert learn.recorder.values[-1][2] > .95

    net = nn.Sequential(nn.Linear(28*28, 30), nn.ReLU(), nn.Linear(30, 1))
    learn = Learner(DataLoaders(dl, valid_dl), net, opt_func=SGD, loss_func=mnist_loss, metrics=batch_accuracy)
    learn.fit(3, .3)
    w, _ = learn.model[0].parameters()
    show_image(w[0].view(28, 28))
    assert learn.recorder.values[-1][2] > .95
    plt.close('all')

def test_small_things():
    assert [len(b) for b in DataLoader(range(15), batch_size=4, shuffle=True)] == [4, 4, 4, 3]
    xs, ys = first(DataLoader(L(enumerate(string.ascii_lowercase)), batch_size=6))
    assert xs.tolist() == list(range(6)) and list(ys) == list('abcdef')
    x = tensor(3., 4., 10.).requires_grad_()
    (x**2).sum().backward()
    assert to_np(x.grad).tolist() == [6., 8., 20.]
    plot_function(torch.sigmoid, title='Sigmoid', min=-4, max=4)
    plot_function(lambda x: x**2, 'x', 'x**2')
    plt.close('all')
    assert array([1, 2]).dtype.kind == 'i' and isinstance(default_device(), torch.device)
