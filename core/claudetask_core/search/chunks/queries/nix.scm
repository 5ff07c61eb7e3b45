(binding attrpath: (attrpath) @name expression: (function_expression)) @function
(source_code (attrset_expression (binding_set (binding attrpath: (attrpath) @name) @constant)))
(let_expression (binding_set (binding attrpath: (attrpath) @name) @constant))
(source_code (_ body: (attrset_expression (binding_set (binding attrpath: (attrpath) @name) @constant))))
(let_expression body: (attrset_expression (binding_set (binding attrpath: (attrpath) @name) @constant)))
(source_code expression: (function_expression body: (attrset_expression (binding_set (binding attrpath: (attrpath) @name) @constant))))
(comment) @comment
