"The clinic: 24 trainings with exactly one fault each, what they look like, and how one finds out what ails them"
from functools import lru_cache
from textwrap import dedent

import torch
import torch.nn.functional as F
from torch import nn

from mnist_sgd.data import mnist_arrays
from mnist_sgd.practice import Exercise, Verdict

NET = dedent('''\
    def train(images, labels, valid_images, valid_labels):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))
        opt = torch.optim.SGD(model.parameters(), lr=.05, momentum=.9)
        def predict(images): return model(images.flatten(1)/255)
        history = []
        for epoch in range(8):
            model.train()
            losses = []
            for i in torch.randperm(len(images)).split(64):
                loss = F.cross_entropy(predict(images[i]), labels[i])
                loss.backward()
                opt.step()
                opt.zero_grad()
                losses.append(loss.item())
            model.eval()
            with torch.no_grad(): scores = predict(valid_images)
            valid_loss = F.cross_entropy(scores, valid_labels).item()
            accuracy = (scores.argmax(1) == valid_labels).float().mean().item()
            history.append((sum(losses)/len(losses), valid_loss, accuracy))
        return predict, history
    ''')

def changed(code, *pairs):
    "The code with each of the first texts replaced by the second"
    for old, new in pairs:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code

NO_MOMENTUM = changed(NET, ('lr=.05, momentum=.9', 'lr=.3'))
DROPOUT = changed(NET, ('nn.ReLU(), nn', 'nn.ReLU(), nn.Dropout(.5), nn'))
SHIFTED = changed(NET,
    ('    history = []\n', '    def shifted(images):\n'
     '        return images.roll(torch.randint(-3, 4, (2,)).tolist(), (1, 2))\n    history = []\n'),
    ('predict(images[i])', 'predict(shifted(images[i]))'))
SCHEDULE = changed(NET,
    ('    history = []\n', '    scheduler = torch.optim.lr_scheduler.ExponentialLR(opt, .8)\n    history = []\n'),
    ('        model.eval()\n', '        scheduler.step()\n        model.eval()\n'))
BATCHED = changed(NET,
    ('        with torch.no_grad(): scores = predict(valid_images)\n'
     '        valid_loss = F.cross_entropy(scores, valid_labels).item()\n'
     '        accuracy = (scores.argmax(1) == valid_labels).float().mean().item()\n',
     '        valid_loss = accuracy = 0\n'
     '        for xb, yb in zip(valid_images.split(300), valid_labels.split(300)):\n'
     '            with torch.no_grad(): scores = predict(xb)\n'
     '            share = len(xb)/len(valid_images)\n'
     '            valid_loss += F.cross_entropy(scores, yb).item()*share\n'
     '            accuracy += (scores.argmax(1) == yb).float().mean().item()*share\n'))
TWO = changed(NET,
    ('nn.Linear(50, 10))', 'nn.Linear(50, 1))'),
    ('F.cross_entropy(predict(images[i]), labels[i])',
     '((predict(images[i]).sigmoid() - labels[i][:, None].float())**2).mean()'),
    ('F.cross_entropy(scores, valid_labels).item()',
     '((scores.sigmoid() - valid_labels[:, None].float())**2).mean().item()'),
    ('(scores.argmax(1) == valid_labels)', '((scores[:, 0] > 0) == (valid_labels == 1))'))
OWN_CLASS = changed(NET,
    ('    model = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))\n',
     '    first, second = nn.Linear(784, 50), nn.Linear(50, 10)\n    model = nn.ModuleList([first, second])\n'),
    ('def predict(images): return model(images.flatten(1)/255)',
     'def predict(images):\n        hidden = first(images.flatten(1)/255).relu()\n        return second(hidden)'))
LOG_SOFTMAX = changed(NET, ('F.cross_entropy(predict(images[i]), labels[i])',
                            'F.nll_loss(predict(images[i]).log_softmax(1), labels[i])'))
DRAWN = changed(NET, ('for i in torch.randperm(len(images)).split(64):',
                      'for step in range(50):\n            i = torch.randint(len(images), (64,))'))

@lru_cache
def clinic_data(
    two=False, # threes and sevens only, with labels 1 and 0?
): # dict(train=(images, labels), valid=..., secret=...): images uint8 (n, 28, 28); sorted by label, as files often are
    "Images to learn from and to judge by, all of them MNIST's training images"
    images, labels = map(torch.from_numpy, mnist_arrays('train', (3, 7) if two else None))
    labels = (labels == 3).long() if two else labels.long()
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(1))
    parts = {}
    for name, i in zip(('train', 'valid', 'secret'), order[:5000].split((3000, 1000, 1000))):
        i = i[labels[i].argsort(stable=True)]
        parts[name] = images[i], labels[i]
    return parts

def training(
    train, two=False, # the function, and its data, as for `clinic_data`
    mixed=False, # with held-out labels in a wrong order? That must make no difference to what is learned
): # what train returns: predict and history
    "Run a training of the clinic"
    parts = clinic_data(two)
    (x, y), (vx, vy) = parts['train'], parts['valid']
    if mixed: vy = vy[torch.randperm(len(vy), generator=torch.Generator().manual_seed(2))]
    torch.manual_seed(0)
    return train(x.clone(), y.clone(), vx.clone(), vy.clone())

def defined(code):
    "The function `train` that a text defines"
    names = dict(torch=torch, nn=nn, F=F)
    exec(code, names)  # noqa: S102  the book's own text
    return names['train']

def _right(scores, y):
    "Share of the labels that the scores meet"
    return ((scores[:, 0] > 0).long() if scores.shape[1] == 1 else scores.argmax(1)).eq(y).float().mean().item()

def _loss(scores, y):
    return (((scores.sigmoid() - y[:, None])**2).mean() if scores.shape[1] == 1 else F.cross_entropy(scores, y)).item()

def findings(train, two=False):
    "A second look at a training: its history, its accuracy on images that it never saw, and dict(kind=what is not right)"
    (vx, vy), (sx, sy) = (clinic_data(two)[o] for o in ('valid', 'secret'))
    predict, history = training(train, two)
    other, _ = training(train, two, mixed=True)
    with torch.no_grad(): scores, again, unseen, unseen_too = predict(vx), predict(vx), predict(sx), other(sx)
    accuracy, loss, wrong = _right(scores, vy), _loss(scores, vy), {}
    if len(history) != 8: wrong['epochs'] = f'it trains for {len(history)} epochs, and 8 were to be done'
    if not scores.equal(again): wrong['mode'] = 'asked twice, it gives the same image different scores'
    elif not torch.allclose(unseen, unseen_too, atol=1e-4, equal_nan=True):
        wrong['leak'] = 'with other labels for the held-out images it learns something else, so it learns from them'
    elif abs(history[-1][2] - accuracy) > .002:
        wrong['report'] = (f'it reports an accuracy of {history[-1][2]:.3f} after the last epoch, '
                           f'and on the held-out images it is {accuracy:.3f}')
    elif not abs(history[-1][1] - loss) <= .01*loss + 1e-4:
        wrong['report'] = (f'it reports a loss of {history[-1][1]:.4f} after the last epoch, '
                           f'and on the held-out images it is {loss:.4f}')
    return history, _right(unseen, sy), wrong

@lru_cache
def findings_of(code, two): return findings(defined(code), two)

class Patient(Exercise):
    "A training with one fault: `sick` and `healthy` are its code with and without"
    def __init__(self, healthy, fault, symptom, answers, finding, hints, two=False):
        self.number = len(patients) + 1
        super().__init__(f'clinic.{self.number:02}', 'train(images, labels, valid_images, valid_labels)', None, None,
                         hints, seconds=60)
        self.healthy, self.sick, self.two = healthy, changed(healthy, *fault), two
        self.symptom, self.answers, self.finding = symptom, answers, finding  # the first answer is right
        patients.append(self)

    def shuffled(self):
        "The four answers, as on the page: pairs of a letter and an index"
        order = torch.randperm(4, generator=torch.Generator().manual_seed(self.number)).tolist()
        return list(zip('abcd', order))

    def judged(self, f, say):
        "The verdict on a training: cured; better, but; another fault now; or as before"
        say('your training')
        history, accuracy, wrong = findings(f, self.two)
        say('the training before')
        _, sick, sick_wrong = findings_of(self.sick, self.two)
        its_history, healthy, _ = findings_of(self.healthy, self.two)
        got = f'of images that it never saw {accuracy:.1%} are right (before {sick:.1%}, in health {healthy:.1%})'
        new, old = ([words for kind, words in wrong.items() if (kind in sick_wrong) == o] for o in (False, True))
        slow = history[-1][0] > 2*its_history[-1][0] + .1
        if new: return Verdict(self.name, False, f'another fault now: {new[0]}; {got}')
        if old: return Verdict(self.name, False, f'not yet: {old[0]}')
        if accuracy > healthy - .015:
            if not slow: return Verdict(self.name, True, f'cured: {got}. {self.finding}')
            return Verdict(self.name, False, f'better, but its training loss ends at {history[-1][0]:.2f}, '
                                             f'and could at {its_history[-1][0]:.2f}; {got}')
        if accuracy < sick - .03: return Verdict(self.name, False, f'another fault now: {got}')
        if accuracy > sick + .2*(healthy - sick): return Verdict(self.name, False, f'better, but {got}')
        return Verdict(self.name, False, f'as before: {got}')

patients = []
_model = "    model = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))\n"
_predict = "    def predict(images): return model(images.flatten(1)/255)\n"
_loss_line = 'F.cross_entropy(predict(images[i]), labels[i])'

Patient(NET, [('lr=.05', 'lr=.0005')],
    "All three curves move the right way, smoothly, and after 8 epochs the net is only half way.",
    [("The learning rate is too small", "The loss falls in every epoch and by less than it could: nothing is broken, it is slow. Ten times the rate is the first thing to try."),
     ("The net has too few hidden units", "Then the training loss would fall fast at first, and stop at a level. Here it has not begun to level off."),
     ("It overfits", "Then the training loss would be far below the validation loss. The two are the same."),
     ("The labels do not belong to the images", "Then validation accuracy would stay near 10 %: nothing could be learned that holds for other images.")],
    "One finds it by trying: a smooth, slow fall asks for a larger rate, and a finder such as lr_find shows how large",
    ["Is anything broken, or is it slow?", "The loss falls a little in each epoch: which one number decides how much?"])

Patient(NET, [(_model, _model + "    for p in model.parameters(): nn.init.zeros_(p)\n")],
    "The loss stays at 2.303, to three digits, and the accuracy at that of guessing.",
    [("All weights start at zero", "2.303 is log 10: every digit gets the same probability. With both layers at 0 each one's gradient is multiplied by the other's weights, so only the last biases move."),
     ("The learning rate is too large", "Then the loss would jump, or become NaN. It stands still."),
     ("The images are not shuffled", "Then the loss would swing with each digit that comes. It does not move at all."),
     ("The optimizer has other parameters than the model", "A good thought: then nothing moves, either. But a net that starts at random does not start at exactly log 10, with the same score for all.")],
    "One finds it by looking at the gradients after the first backward: those of both weight matrices are exactly 0",
    ["What is special about 2.303?", "exp(-2.303) = 1/10: all digits are equally likely. What must the scores be for that?"])

Patient(NET, [("scores = predict(valid_images)", "scores = predict(images)"),
              ("F.cross_entropy(scores, valid_labels)", "F.cross_entropy(scores, labels)"),
              ("(scores.argmax(1) == valid_labels)", "(scores.argmax(1) == labels)")],
    "The validation loss is below the training loss in every epoch, and the accuracy ends six points above the healthy one.",
    [("It is judged on the images that it was trained on", "The training loss is a mean over the epoch, the other one is taken at its end, on the same images: so it is lower, each time. Held-out images never enter."),
     ("It is simply a good net", "3,000 images and 50 hidden units give some 92 %. A result that is too good is a symptom, too."),
     ("The validation images are too easy", "They are drawn at random from the same images as the training ones, so no easier."),
     ("Dropout is switched on during training only", "That would also put the training loss above. But there is no dropout in this net.")],
    "One finds it by asking of each number: which images is it computed on? A look at the shape of scores tells",
    ["It looks too good. Which numbers can you trust?", "What is the shape of scores in the evaluation?"])

Patient(NO_MOMENTUM, [("            opt.zero_grad()\n", "")],
    "It learns something in the first epoch, and then the loss rises, on training images, too.",
    [("The gradients are never set back to zero", "backward adds to what is there. Each step goes along the sum of all gradients so far, as with a momentum of 1: a ball that never slows down."),
     ("It overfits", "Then the training loss would fall. It rises as well."),
     ("The validation images come from elsewhere", "That would not make the training loss rise."),
     ("The weights all start equal", "Then the hidden units would stay equal, but the loss would not rise.")],
    "One finds it by printing the size of the gradients step by step: it grows and grows",
    ["The training loss itself rises. What does a step depend on, besides the rate?", "What is in p.grad before backward is called?"])

Patient(NET, [("    history = []\n", "    images = images[torch.randperm(len(images))]\n"
               "    labels = labels[torch.randperm(len(labels))]\n    history = []\n")],
    "The training loss falls below log 10, slowly, while the validation accuracy is no better than chance.",
    [("Images and labels were shuffled apart", "The labels no longer belong to the images. There is nothing to learn that would hold for others; what little the loss falls is learned by heart."),
     ("The learning rate is too small", "Then validation accuracy would rise slowly with the falling loss. It stays at chance."),
     ("The net is too small", "A net of this size gets 92 % from these images."),
     ("The validation labels are wrong", "Then the training loss would fall as usual: to 0.1, not to 2.2.")],
    "One finds it by looking at a batch: show eight images with their labels above. It takes a minute, and should come first",
    ["The net fits a few training images, and that helps with no other. What would make that so?", "Draw images[:8] with labels[:8] as titles, right before the loop."])

Patient(NET, [("images.flatten(1)/255", "images.flatten(1).float()")],
    "The first loss is in the thousands; then it is log 10, and stays there.",
    [("The pixels run from 0 to 255", "The scores are 255 times too large, and so are the gradients: the first steps throw the weights so far that all hidden units but one are 0 for every image, and no gradient comes back to them."),
     ("The labels are wrong", "Wrong labels give a loss near log 10 from the start, not one in the thousands."),
     ("All weights start at zero", "Then the first loss would be log 10, and not thousands."),
     ("Momentum is missing", "A training without momentum is slower, and does not explode.")],
    "One finds it by printing the mean and the spread of a batch before it enters the net: they should be about 0 to 1",
    ["How large is a score before the first step? And why?", "Print images.min(), images.max() as the first layer sees them."])

Patient(NET, [("torch.randperm(len(images)).split(64)", "torch.arange(len(images)).split(64)")],
    "The training loss is above log 10, and rises and falls; the net takes every validation image for the same digit.",
    [("The images are not shuffled", "They come sorted by digit. For five batches the right answer is 0, then it is 1 ... The net learns to say the digit of the moment, and what it knew of the others is gone."),
     ("The learning rate is a hundred times too large", "With shuffled images this rate works. The loss is bad, but it does not explode."),
     ("Images and labels do not belong together", "Then the training loss would slowly fall below log 10, and the answers would not all be the same digit."),
     ("The net is too small", "The same net learns these images once they come in another order.")],
    "One finds it by printing the labels of a few batches: all the same",
    ["Which digits does it answer after an epoch? predict(valid_images).argmax(1).bincount()", "Print labels[i] inside the loop for the first three batches."])

Patient(NET, [('lr=.05', 'lr=5')],
    "The loss jumps far above log 10 in the first steps, and then stays near it; accuracy is that of guessing.",
    [("The learning rate is too large", "The first steps are so long that all hidden units but one end up 0 for every image. No gradient comes back to them, so they stay there."),
     ("The learning rate is too small", "Then the loss would move little and in the right direction."),
     ("The weights all start at zero", "Then the first loss would be log 10 exactly."),
     ("The labels are shuffled", "Then the loss of the first epoch would be near log 10, not far above.")],
    "One finds it by printing the loss of the first ten steps: it explodes at once. A tenth of the rate, and again",
    ["Look at the first ten losses, not at epochs.", "A loss that rises from the first step on: the step is too long."])

Patient(NET, [(_loss_line, "F.cross_entropy(predict(images[i]).softmax(1), labels[i])")],
    "It learns more slowly than it should, the training loss stops falling near 1.5, and validation tells of another loss altogether.",
    [("Softmax is applied twice", "cross_entropy takes scores and makes probabilities of them itself. Given probabilities, it takes them for scores between 0 and 1: even the surest answer then gets a loss of 1.46."),
     ("The learning rate is too small", "Then the validation loss, computed the same way, would be as large as the training loss."),
     ("It overfits", "Then the training loss would be the smaller one. It is the larger, by four times."),
     ("Dropout is missing", "Dropout would make the training loss larger, not explain it.")],
    "One finds it by knowing the least value: a loss that cannot go below 1.46, -log of e/(e + 9), is the mark of two softmaxes",
    ["Why are the two losses so different?", "What does F.cross_entropy want: scores or probabilities?"])

Patient(NET, [("            opt.step()\n            opt.zero_grad()\n", "            opt.zero_grad()\n            opt.step()\n")],
    "Nothing moves: the losses are the same in all epochs, to the last digit.",
    [("The gradients are set to zero before the step", "step then multiplies the rate by nothing. backward has done its work, and it is wiped out before it is used."),
     ("The learning rate is too small", "Then the losses would differ at least in the last digits."),
     ("All weights start at zero", "Then the loss would be log 10 and the last biases would move. Here not a single number does."),
     ("The optimizer is missing", "It is there, and it is called: but with what?")],
    "One finds it by comparing a weight before and after a step: it is equal. Then print its gradient just before step: None",
    ["Do the weights move at all?", "backward, step, zero_grad: is this the order?"])

Patient(NET, [(_model, _model.replace('50', '20')),
              (_predict, "    model = nn.Sequential(nn.Linear(784, 50), nn.ReLU(), nn.Linear(50, 10))  # 20 were too few\n" + _predict)],
    "Nothing moves: the losses are the same in all epochs, to the last digit.",
    [("The optimizer has the parameters of another model", "It was made first, with those of the small net. That net is gone; the new one gets gradients, and nobody takes a step with them."),
     ("The learning rate is 0", "That would look the same! But the rate is in the code, and it is not 0."),
     ("zero_grad is called before step", "That would look the same, too. Here the order is right."),
     ("The images are not shuffled", "Then the loss would move, in swings.")],
    "One finds it by asking whether the optimizer's parameters are the model's: opt.param_groups[0]['params'][0] is model[0].weight",
    ["Three lines of the loop seem to be right, and yet no weight moves. Whose weights does opt have?", "In which order are model and opt made?"])

Patient(NET, [('momentum=.9', 'momentum=.999')],
    "Three answers of four are right after the first epoch, and never again so many. The training loss stays above 1; the validation loss swings over whole epochs, from 1.2 up to 2.3 and down again.",
    [("The momentum is too large", "With 0.999 a step is the sum of the last thousand gradients, twenty epochs' worth. The ball runs through every valley and up the other side."),
     ("It overfits", "Then the training loss would fall steadily."),
     ("The batches are too small", "That gives small, quick wobbles from batch to batch, not swings over whole epochs."),
     ("The images are not shuffled", "Then accuracy would stay at chance.")],
    "One finds it by knowing the memory: 1/(1 - momentum) steps. It should be short beside the training",
    ["Swings over whole epochs: what remembers for so long?", "How many steps does a momentum of .999 look back?"])

Patient(OWN_CLASS, [('.relu()\n', '.relu().detach()\n')],
    "It learns, in both losses alike, but slowly; in 60 epochs, at this rate or ten times it, it does not reach 75 %.",
    [("The first layer never learns", "detach cuts the graph. The hidden units keep the weights that they started with, and only the last layer learns from them."),
     ("The learning rate is too small", "A good guess from the curves. But try a larger one: it levels off far below 92 %."),
     ("It overfits", "The two losses are equal."),
     ("The net is too large for 3,000 images", "Then training accuracy would be far above.")],
    "One finds it by printing the gradient of every parameter after backward: those of the first layer are None",
    ["Which parameters have a gradient after backward?", "for p in model.parameters(): print(p.grad is None)"])

Patient(NET, [(_loss_line, "F.cross_entropy(predict(images[i]), labels[i], reduction='sum')")],
    "The training loss is in the hundreds and the validation loss near log 10.",
    [("The loss is a sum, not a mean", "64 images count 64 times: the gradient is 64 times as large, and the rate of 0.05 is in truth one of 3.2. The numbers tell: 150/64 = 2.3."),
     ("The pixels run from 0 to 255", "Then only the first epoch would show a large loss, and validation's would have been large as well at the start."),
     ("The labels are wrong", "Then both losses would be near log 10."),
     ("The validation images are easier", "Not a hundred times.")],
    "One finds it by dividing: training loss by batch size is log 10. And by doubling the batch: the loss should not change",
    ["Why are the two losses on such different scales?", "Divide the training loss by 64."])

Patient(TWO, [("labels[i][:, None].float()", "labels[i].float()")],
    "Threes and sevens, squared error: the loss stays at 0.25, as if the net did not care.",
    [("The targets have another shape than the predictions", "(64, 1) minus (64,) is (64, 64): each prediction is compared with all targets of its batch. The best it can do is the mean of them, one half, and a half from everything makes 0.25."),
     ("The learning rate is too small", "Then the loss would fall, slowly."),
     ("The sigmoid saturates", "Then the predictions would be 0 or 1, and the loss near 0.5."),
     ("Images and labels do not belong together", "That would look the same! Only a look at the shapes, and at the pictures, tells the two apart.")],
    "One finds it by printing the shapes of both sides of the minus sign, and of the difference",
    ["0.25 is the squared distance of 1/2 from 0 and from 1. Why would it answer 1/2?", "What is the shape of predict(images[i]).sigmoid() - labels[i]?"], two=True)

Patient(DROPOUT, [("        model.eval()\n", "")],
    "Validation accuracy is some nine points below what such a net reaches, and asked twice, the net gives two answers.",
    [("It is validated in training mode", "Dropout still sets half of the hidden units to 0, at random, while it is judged. model.eval() switches that off."),
     ("It overfits", "Then the training loss would be far below the validation loss; dropout works against that."),
     ("The dropout is too strong", "It makes training harder, but in the right mode this net reaches 92 %."),
     ("The learning rate is too large", "Then training would be unsteady as well.")],
    "One finds it by asking for the same images twice: a net in use must give the same answer",
    ["Is the answer the same if you ask twice?", "Which layer behaves differently in training, and who tells it?"])

Patient(NET, [("nn.Linear(50, 10))", "nn.Linear(50, 10), nn.ReLU())")],
    "It learns, and stops at about three quarters: some digits it never answers at all.",
    [("There is a ReLU behind the last layer", "Scores below 0 become 0. A digit whose score is below 0 for all images gets no gradient any more, and can never be answered."),
     ("The learning rate is too small", "Then the loss would still be falling after 8 epochs, and all digits would be found now and then."),
     ("The images are not shuffled", "Then not three quarters would be right."),
     ("Some digits are missing among the training images", "There are some 300 of each. It is worth a look, though: labels.bincount() tells.")],
    "One finds it by looking at the confusion matrix: whole columns are empty. And at the scores: not one is below 0",
    ["Which digits does it answer? scores.argmax(1).bincount()", "What is the smallest score? Why not below 0?"])

Patient(NET, [('momentum=.9)', 'momentum=.9, weight_decay=1)')],
    "The loss is log 10 and stays there; the weights, looked at, are next to 0.",
    [("The weight decay is too strong", "Each step takes away a share of every weight, here lr × 1 = 5 %. That is more than the gradients give. Usual values are a thousand times smaller."),
     ("All weights start at zero", "They do not: a look at them before the first step tells. They go there."),
     ("The learning rate is too small", "Then the loss would fall, a little."),
     ("The labels are wrong", "Then the net would learn some images by heart, and the weights would grow.")],
    "One finds it by printing the size of the weights in each epoch: they shrink",
    ["How large are the weights after an epoch?", "What pulls weights to 0?"])

Patient(NET, [("    history = []\n", "    images = torch.cat([images, valid_images])\n"
               "    labels = torch.cat([labels, valid_labels])\n    history = []\n")],
    "The validation loss is below the training loss in every epoch, and accuracy reaches 98 %.",
    [("The validation images are among the training images", "They were added, for more data. Now they measure what was learned by heart, and nobody knows how good the net is on others."),
     ("More images make a better net", "On images that it never saw, a thousand more help by half a point, and not by six."),
     ("It is judged on the training images alone", "It would look much the same. But the evaluation does use valid_images."),
     ("Dropout is on in training", "There is none.")],
    "One finds it by looking for one held-out image among the training images, or by mixing up the validation labels: nothing that is learned may change",
    ["It looks too good. Where do the validation images go?", "Count: how many images does one epoch go through?"])

Patient(SCHEDULE, [("        scheduler.step()\n        model.eval()\n", "        model.eval()\n"),
                   ("            opt.zero_grad()\n", "            opt.zero_grad()\n            scheduler.step()\n")],
    "It learns for a moment, and then all curves are flat, far from where they should end.",
    [("The learning rate falls after each batch", "0.8 to the 47th power is 0.00003: after one epoch hardly anything is left of the rate. The schedule was meant for epochs."),
     ("The learning rate is too small from the start", "Then the curves would rise slowly, and go on rising."),
     ("It has converged", "A net that has converged has a small training loss, not 2.17."),
     ("The hidden units are dead", "Then the loss would be log 10, and no digit would be told from another.")],
    "One finds it by printing opt.param_groups[0]['lr'] once per epoch",
    ["What is the learning rate in the second epoch?", "How often is scheduler.step() called?"])

Patient(SHIFTED, [("scores = predict(valid_images)", "scores = predict(shifted(valid_images))")],
    "The training images are shifted at random. The training loss falls as in health, but the validation accuracy drops by nineteen points, jumps up by twenty-seven, meets the healthy curve, and leaves it again.",
    [("The validation images are shifted, too", "All of them by the same random amount in each epoch: sometimes far, sometimes not at all. What is measured is luck."),
     ("The learning rate is too large", "Then the training loss would jump as well. It falls smoothly."),
     ("The validation set is too small", "With 1,000 images an accuracy of 0.8 is off by a point or so, not by twenty."),
     ("Shifting makes the net worse", "It makes it slower to train. On images as they are it is at 88 % here, and rising.")],
    "One finds it by judging the same net twice: without training in between, the accuracy changes",
    ["Judge it twice without a step in between. Is it the same?", "Which images go through shifted?"])

Patient(BATCHED, [("            share = len(xb)/len(valid_images)\n", "            share = 1/len(valid_images.split(300))\n")],
    "Everything looks healthy, and yet another program finds an accuracy that is a point and a half higher.",
    [("The mean of the batches is no mean over the images", "1,000 images in batches of 300 leave a last one of 100, which counts as much as a full one. These are nearly all nines here, and nines are hard."),
     ("The net is in training mode", "It would matter with dropout or batch norm. This net has neither."),
     ("Rounding", "Of single numbers that is a millionth, not a hundredth."),
     ("The other program uses other images", "Worth asking first! Here they are the same.")],
    "One finds it by computing the same number in another way: all images in one batch",
    ["How large is the last batch, and how much does it count?", "Weigh each batch by the number of its images."])

Patient(LOG_SOFTMAX, [("log_softmax(1)", "log_softmax(0)")],
    "It learns surprisingly well, but the training loss starts above 3 and hardly gets below 2.",
    [("The softmax is taken over the batch", "Axis 0 are the images. For each digit, 64 images compete for a probability of 1, and those of the same digit share it. What is learned by that is still of some use."),
     ("The learning rate is too large", "Then accuracy would not reach 91 %."),
     ("The loss is a sum over the batch", "Then it would be in the hundreds."),
     ("The validation images are easier", "They are from the same images; and the loss differs by a factor of seven.")],
    "One finds it by adding up: the probabilities of each image, over axis 1, must come to 1",
    ["For which axis do the probabilities add up to 1?", "scores have shape (64, 10): images by digits."])

Patient(DRAWN, [("            i = torch.randint", "            torch.manual_seed(epoch)\n            i = torch.randint")],
    "The training loss falls to 0.1 in three epochs, and validation does not come along: it looks like overfitting, with 3,000 images.",
    [("The seed is set inside the loop, so each epoch sees one batch only", "The same 64 images are drawn fifty times over. It learns these by heart, and after 8 epochs has seen 512 images at most."),
     ("The net is too large", "With all images the same net reaches 91 %. Overfitting it is, but why?"),
     ("Weight decay is missing", "It would slow it down, and not bring the other images back."),
     ("The validation labels are wrong", "Then accuracy would be at chance, not at 80 %.")],
    "One finds it by printing the first numbers of i for a few steps: always the same",
    ["How many different images does an epoch see?", "Print i[:5] in each step."])
