"""Which folders become which splits, and what a hash does where there are none."""

from ift6266.data.pictures import Refused
from ift6266.data.splits import hashed_splits, split_of_folder, splits_and_rule
from tests.support import input_error


def splits_of(*folders):
    """The splits that ten pictures in each folder are in, a set for each folder, and the rule."""
    paths = [f'{folder}/{number}.jpg' for folder in folders for number in range(10)]
    splits, rule = splits_and_rule(paths)
    return [set(splits[start : start + 10]) for start in range(0, len(paths), 10)], rule


def test_names_of_splits_in_any_spelling():
    for split, names in (
        (
            'train',
            'train Train TRAINING train2014 train_images DIV2K_train_HR trainA trainset 1-train',
        ),
        ('valid', 'val Valid VALIDATION val2017 dev valset DIV2K_valid_HR validation-data'),
        ('test', 'test Testing test_set test2015 testB testdata'),
        (None, 'trains contest validity testimony training_val valley pretrain été'),
    ):
        for name in names.split():
            assert split_of_folder(name) == split, name


def test_folders_side_by_side_become_splits():
    for folders in (
        ('train', 'val', 'test'),
        ('Training', 'VALIDATION', 'testing'),
        ('some/deep/Train', 'some/deep/dev', 'some/deep/Test/inner'),
    ):
        found, rule = splits_of(*folders)
        assert found == [{'train'}, {'valid'}, {'test'}], found
        assert rule.startswith('splits by the folders'), rule
    found, rule = splits_of('train2014/cats', 'train2017/dogs', 'val2014/cats', 'extra')
    assert found == [{'train'}, {'train'}, {'valid'}, {'extra'}]
    assert rule == (
        'splits by the folders extra, train2014 (train), train2017 (train), val2014 (valid)'
    )


def test_what_lies_beside_the_folders_is_refused():
    splits, _ = splits_and_rule(['a/train/x.jpg', 'a/valid/y.jpg', 'a/z.jpg', 'w.jpg'])
    assert splits[:2] == ['train', 'valid']
    assert all(isinstance(split, Refused) for split in splits[2:])


def test_no_test_set_becomes_the_validation_set():
    """It is divided off the training set; the test set stays what it is."""
    found, rule = splits_of('train', 'test')
    assert found == [{'train', 'valid'}, {'test'}]
    assert 'train is divided by a hash of the names: one in ten' in rule
    found, _ = splits_of('val', 'test')
    assert found == [{'valid'}, {'test'}]


def test_folders_that_are_no_splits_alone():
    """Classes may have such names; a hash divides all pictures, and the rule says so."""
    for folders in (('bus', 'train', 'boat'), ('train_interior', 'train_station', 'valley')):
        found, rule = splits_of(*folders)
        assert set.union(*found) == {'train', 'valid'}
        assert rule.startswith('splits by a hash'), rule


def test_folders_that_look_like_splits_are_refused():
    for folders in (
        ('trainval', 'test'),
        ('a/trainpics', 'a/testpics'),
        ('train_val', 'valid_test'),
    ):
        message = input_error(splits_of, *folders)
        for folder in folders:
            assert folder.rpartition('/')[2] in message
        assert 'name them train, valid and test' in message


def test_splits_by_names():
    paths = [f'some/folder/{number:05}.jpg' for number in range(5000)]
    splits, rule = hashed_splits(paths)
    assert set(splits) == {'train', 'valid'} and 430 < splits.count('valid') < 570
    assert 'hash of the names: one in ten' in rule
    moved, _ = hashed_splits([f'{number:05}.png' for number in range(100)])
    assert moved == splits[:100]  # other pictures, folders and formats do not matter
    assert hashed_splits([])[0] == []


def test_few_pictures_are_in_both_splits():
    for number in range(2, 30):
        for start in range(20):
            paths = [f'{start + each}.jpg' for each in range(number)]
            assert set(hashed_splits(paths)[0]) == {'train', 'valid'}, paths
    assert set(hashed_splits(['a.jpg', 'a.png'])[0]) == {'train', 'valid'}
    assert hashed_splits(['a.jpg'])[0] == ['valid']
    without_suffix = [f'x.y/{number}' for number in range(20)]
    assert set(hashed_splits(without_suffix)[0]) == {'train', 'valid'}


def test_pictures_of_one_name_are_divided_by_their_paths():
    for names in (['photo'], ['left', 'right']):
        paths = [f'{folder}/{name}.jpg' for folder in range(1000) for name in names]
        splits, rule = hashed_splits(paths)
        assert 0.05 < splits.count('valid') / len(splits) < 0.15
        assert 'paths, since many have the same name' in rule
